//! What the shop remembers between two requests: baskets and log-ins, bounded.

use std::collections::VecDeque;

use super::goods::{Item, by_slug};

/// Most different things in one basket; more are not added.
const LINES_MAX: usize = 20;
/// Most of one thing in a basket.
const AMOUNT_MAX: u32 = 16;
/// Freight is free from this sum. Unit: whole kroner.
pub(super) const FREE_FREIGHT_FROM: u32 = 990;
/// Freight below that. Unit: whole kroner.
pub(super) const FREIGHT: u32 = 149;

/// The newest `max` entries, by the number in their cookie; the oldest is forgotten first.
#[derive(Debug)]
pub(super) struct Remembered<T> {
    entries: VecDeque<(String, T)>,
    max: usize,
}

impl<T> Remembered<T> {
    /// Remembers nothing yet, and never more than `max`.
    pub(super) const fn new(max: usize) -> Self {
        Self { entries: VecDeque::new(), max }
    }

    /// What is remembered under that number.
    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.entries.iter_mut().find(|(known, _)| known == id).map(|(_, value)| value)
    }

    /// Remembers a new one; the caller drew `id`.
    pub(super) fn put(&mut self, id: String, value: T) {
        if self.entries.len() >= self.max {
            self.entries.pop_front();
        }
        self.entries.push_back((id, value));
    }
}

/// One visitor's basket.
#[derive(Clone, Debug, Default)]
pub(super) struct Cart {
    /// What lies in it, and how many of each.
    pub lines: Vec<(&'static Item, u32)>,
    /// The last order made from it: its number and its sum in whole kroner.
    pub ordered: Option<(String, u32)>,
}

impl Cart {
    /// Puts `amount` more of a thing in; an unknown thing and what is too much are not added.
    pub(super) fn add(&mut self, slug: &str, amount: u32) {
        let Some(item) = by_slug(slug) else { return };
        let amount = amount.min(AMOUNT_MAX);
        if let Some((_, there)) = self.lines.iter_mut().find(|(line, _)| line.slug == item.slug) {
            *there = (*there + amount).min(AMOUNT_MAX);
        } else if self.lines.len() < LINES_MAX && amount > 0 {
            self.lines.push((item, amount));
        }
    }

    /// How many things lie in it.
    pub(super) fn count(&self) -> u32 {
        self.lines.iter().map(|(_, amount)| amount).sum()
    }

    /// What the things cost. Unit: whole kroner.
    pub(super) fn goods_sum(&self) -> u32 {
        self.lines.iter().map(|(item, amount)| item.price * amount).sum()
    }

    /// What sending them costs. Unit: whole kroner.
    pub(super) fn freight(&self) -> u32 {
        if self.lines.is_empty() || self.goods_sum() >= FREE_FREIGHT_FROM { 0 } else { FREIGHT }
    }

    /// Turns what lies in it into an order with that number.
    pub(super) fn order(&mut self, number: String) {
        self.ordered = Some((number, self.goods_sum() + self.freight()));
        self.lines.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::demo::shop::goods::GOODS;

    #[test]
    fn the_oldest_is_forgotten_first() {
        let mut memory = Remembered::new(2);
        for id in ["a", "b", "c"] {
            memory.put(id.to_owned(), ());
        }
        assert!(memory.get_mut("a").is_none());
        assert!(memory.get_mut("b").is_some() && memory.get_mut("c").is_some());
    }

    #[test]
    fn a_basket_never_overflows() {
        let mut cart = Cart::default();
        for item in GOODS {
            cart.add(item.slug, u32::MAX);
            cart.add(item.slug, u32::MAX);
        }
        cart.add("finnes-ikke", 4);
        assert_eq!(cart.lines.len(), GOODS.len().min(LINES_MAX));
        assert!(cart.lines.iter().all(|(_, amount)| *amount == AMOUNT_MAX));
    }

    #[test]
    fn an_order_empties_the_basket_and_keeps_its_sum() {
        let mut cart = Cart::default();
        cart.add("rondane-stal", 1);
        assert_eq!(cart.freight(), FREIGHT);
        cart.order("F-1".to_owned());
        assert_eq!(cart.ordered, Some(("F-1".to_owned(), 690 + FREIGHT)));
        assert_eq!(cart.count(), 0);
    }
}
