//! What the shop sells: a fixed list of invented tyres and rims.

/// What a thing is; decides its page, its picture and its facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A tyre for the warm months.
    Summer,
    /// A winter tyre without studs.
    Winter,
    /// A winter tyre with studs.
    Studded,
    /// A tyre for all months.
    AllSeason,
    /// A rim with this many spokes.
    Rim {
        /// Spokes in the picture.
        spokes: u8,
    },
}

impl Kind {
    /// The name customers know it by.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Summer => "Sommerdekk",
            Self::Winter => "Vinterdekk, piggfrie",
            Self::Studded => "Vinterdekk, pigg",
            Self::AllSeason => "Helårsdekk",
            Self::Rim { .. } => "Felg",
        }
    }

    /// The address of its category: `dekk` or `felger`.
    pub(super) const fn category(self) -> &'static str {
        match self {
            Self::Rim { .. } => "felger",
            _ => "dekk",
        }
    }

    /// The word the category filter uses in its query.
    pub(super) const fn season(self) -> &'static str {
        match self {
            Self::Summer => "sommer",
            Self::Winter => "vinter",
            Self::Studded => "pigg",
            Self::AllSeason => "helar",
            Self::Rim { .. } => "felg",
        }
    }
}

/// One thing on the shelf.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    /// The last part of its address.
    pub slug: &'static str,
    /// Its maker; invented.
    pub maker: &'static str,
    /// Its model name.
    pub model: &'static str,
    /// Dimension, as written on the side.
    pub size: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Price of one. Unit: whole Norwegian kroner, tax included.
    pub price: u32,
    /// Price before the sale; 0 when there is none.
    pub price_before: u32,
    /// EU label: fuel class, wet grip class, outside noise in dB. Blank for rims.
    pub label: (&'static str, &'static str, u8),
    /// How many are in the store house.
    pub stock: u16,
    /// One sentence for the card and the page.
    pub pitch: &'static str,
}

impl Item {
    /// Its address on the shop.
    pub(super) fn path(&self) -> String {
        format!("/{}/{}", self.kind.category(), self.slug)
    }

    /// Maker and model.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.maker, self.model)
    }
}

/// Everything on the shelf, best sellers first.
pub(super) const GOODS: &[Item] = &[
    Item {
        slug: "nordgrip-tindra-3",
        maker: "Nordgrip",
        model: "Tindra 3",
        size: "205/55 R16 94T XL",
        kind: Kind::Winter,
        price: 1349,
        price_before: 1590,
        label: ("C", "B", 69),
        stock: 184,
        pitch: "Myk og rolig på is, med lameller som holder grepet hele sesongen.",
    },
    Item {
        slug: "nordgrip-piggvar-x",
        maker: "Nordgrip",
        model: "Piggvar X",
        size: "225/45 R17 94T XL",
        kind: Kind::Studded,
        price: 1795,
        price_before: 0,
        label: ("C", "C", 72),
        stock: 96,
        pitch: "190 lette pigger i fem rader for vegene som aldri blir strødd.",
    },
    Item {
        slug: "skarv-fjellsikker",
        maker: "Skarv",
        model: "Fjellsikker",
        size: "215/65 R17 103T XL",
        kind: Kind::Winter,
        price: 1620,
        price_before: 1845,
        label: ("B", "B", 70),
        stock: 61,
        pitch: "For elbiler og tunge familiebiler over høyfjellet.",
    },
    Item {
        slug: "havorn-aero-s",
        maker: "Havørn",
        model: "Aero S",
        size: "235/45 R18 98Y XL",
        kind: Kind::Summer,
        price: 1890,
        price_before: 2240,
        label: ("A", "A", 69),
        stock: 122,
        pitch: "Lav rullemotstand og kort bremsestrekning på våt asfalt.",
    },
    Item {
        slug: "skarv-kyst",
        maker: "Skarv",
        model: "Kyst",
        size: "195/65 R15 91H",
        kind: Kind::Summer,
        price: 890,
        price_before: 0,
        label: ("B", "A", 70),
        stock: 240,
        pitch: "Laget for regn, tunneler og lange dager langs kysten.",
    },
    Item {
        slug: "tveit-helars",
        maker: "Tveit",
        model: "Helårs",
        size: "205/55 R16 94V XL",
        kind: Kind::AllSeason,
        price: 1240,
        price_before: 0,
        label: ("B", "B", 71),
        stock: 77,
        pitch: "Ett sett hele året for deg som kjører mest i byen.",
    },
    Item {
        slug: "polarvik-isbre",
        maker: "Polarvik",
        model: "Isbre",
        size: "225/50 R17 98T XL",
        kind: Kind::Winter,
        price: 1510,
        price_before: 1780,
        label: ("C", "A", 70),
        stock: 143,
        pitch: "Vår roligste piggfrie: bare 70 dB utenfor bilen.",
    },
    Item {
        slug: "polarvik-nordkapp",
        maker: "Polarvik",
        model: "Nordkapp",
        size: "205/60 R16 96T XL",
        kind: Kind::Studded,
        price: 1465,
        price_before: 0,
        label: ("D", "C", 72),
        stock: 58,
        pitch: "Piggdekket drosjene i Tromsø velger år etter år.",
    },
    Item {
        slug: "havorn-sprint-ev",
        maker: "Havørn",
        model: "Sprint EV",
        size: "255/45 R19 104W XL",
        kind: Kind::Summer,
        price: 2390,
        price_before: 2690,
        label: ("A", "B", 71),
        stock: 88,
        pitch: "Bygget for vekt og dreiemoment i en stor elbil.",
    },
    Item {
        slug: "tveit-varebil-c",
        maker: "Tveit",
        model: "Varebil C",
        size: "215/65 R16C 109/107T",
        kind: Kind::AllSeason,
        price: 1580,
        price_before: 0,
        label: ("C", "B", 73),
        stock: 41,
        pitch: "Forsterket side og lang levetid for bilen som jobber.",
    },
    Item {
        slug: "skarv-fjellsikker-suv",
        maker: "Skarv",
        model: "Fjellsikker SUV",
        size: "235/60 R18 107T XL",
        kind: Kind::Winter,
        price: 2050,
        price_before: 2390,
        label: ("C", "B", 71),
        stock: 52,
        pitch: "Samme gummi som Fjellsikker, stivere for høye biler.",
    },
    Item {
        slug: "nordgrip-sommer-2",
        maker: "Nordgrip",
        model: "Sommer 2",
        size: "225/45 R17 94W XL",
        kind: Kind::Summer,
        price: 1190,
        price_before: 0,
        label: ("B", "A", 70),
        stock: 167,
        pitch: "Et trygt hverdagsdekk som ikke koster mer enn det må.",
    },
    Item {
        slug: "lom-12-grafitt",
        maker: "Lom",
        model: "12 Grafitt",
        size: "7,5 × 18, 5×112, ET45",
        kind: Kind::Rim { spokes: 10 },
        price: 1990,
        price_before: 0,
        label: ("", "", 0),
        stock: 34,
        pitch: "Flytformet lettmetall, 8,9 kg, tåler salt.",
    },
    Item {
        slug: "lom-5-solv",
        maker: "Lom",
        model: "5 Sølv",
        size: "6,5 × 16, 5×114,3, ET40",
        kind: Kind::Rim { spokes: 5 },
        price: 1290,
        price_before: 1490,
        label: ("", "", 0),
        stock: 112,
        pitch: "Enkel vinterfelg som er lett å vaske.",
    },
    Item {
        slug: "rondane-stal",
        maker: "Rondane",
        model: "Stål",
        size: "6 × 15, 5×100, ET38",
        kind: Kind::Rim { spokes: 16 },
        price: 690,
        price_before: 0,
        label: ("", "", 0),
        stock: 205,
        pitch: "Stålfelg for vinterhjulet som skal vare.",
    },
    Item {
        slug: "rondane-turbin",
        maker: "Rondane",
        model: "Turbin",
        size: "8 × 19, 5×112, ET43",
        kind: Kind::Rim { spokes: 7 },
        price: 2450,
        price_before: 2890,
        label: ("", "", 0),
        stock: 28,
        pitch: "Aerodynamisk felg for elbil, testet i vindtunnel.",
    },
];

/// How a category is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// Best sellers first: the order of the list.
    Popular,
    /// Cheapest first.
    Price,
    /// By maker and model.
    Name,
    /// Quietest first.
    Noise,
}

impl Sort {
    /// Every order, as the select box lists them.
    pub(super) const ALL: [Self; 4] = [Self::Popular, Self::Price, Self::Name, Self::Noise];

    /// The word in the query, the cookie and the browser's storage.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Popular => "popular",
            Self::Price => "pris",
            Self::Name => "navn",
            Self::Noise => "stoy",
        }
    }

    /// The words in the select box.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Popular => "Mest solgt",
            Self::Price => "Lavest pris",
            Self::Name => "Navn",
            Self::Noise => "Minst støy",
        }
    }

    /// Reads [`Self::word`] back.
    pub(super) fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.word() == word)
    }
}

/// The thing at that address.
pub(super) fn find(category: &str, slug: &str) -> Option<&'static Item> {
    GOODS.iter().find(|item| item.slug == slug && item.kind.category() == category)
}

/// The thing with that slug, whatever it is.
pub(super) fn by_slug(slug: &str) -> Option<&'static Item> {
    GOODS.iter().find(|item| item.slug == slug)
}

/// A category in that order; `season` of `None` takes all.
pub(super) fn shelf(category: &str, season: Option<&str>, sort: Sort) -> Vec<&'static Item> {
    let mut items: Vec<_> = GOODS
        .iter()
        .filter(|item| item.kind.category() == category)
        .filter(|item| season.is_none_or(|season| item.kind.season() == season))
        .collect();
    match sort {
        Sort::Popular => {}
        Sort::Price => items.sort_by_key(|item| item.price),
        Sort::Name => items.sort_by_key(|item| (item.maker, item.model)),
        Sort::Noise => items.sort_by_key(|item| item.label.2),
    }
    items
}

/// Everything whose name, size or kind holds every word of `words`; spaces and slashes do not count.
pub(super) fn search(words: &str) -> Vec<&'static Item> {
    let wanted: Vec<String> = words.split_whitespace().map(plain).filter(|word| !word.is_empty()).collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let holds = |item: &&Item| {
        let text = plain(&format!("{} {} {} {}", item.maker, item.model, item.size, item.kind.label()));
        wanted.iter().all(|word| text.contains(word.as_str()))
    };
    GOODS.iter().filter(holds).collect()
}

fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dozen_tyres_have_an_address_of_their_own() {
        let tyres = shelf("dekk", None, Sort::Popular);
        assert!(tyres.len() >= 12);
        let mut slugs: Vec<_> = GOODS.iter().map(|item| item.slug).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), GOODS.len());
    }

    #[test]
    fn cheapest_comes_first_when_sorted_by_price() {
        let prices: Vec<_> = shelf("dekk", None, Sort::Price).iter().map(|item| item.price).collect();
        assert!(prices.is_sorted());
    }

    #[test]
    fn a_dimension_is_found_however_it_is_written() {
        for words in ["205/55 R16", "205/55r16", "20555R16", "nordgrip 205/55"] {
            assert!(search(words).iter().any(|item| item.slug == "nordgrip-tindra-3"), "{words}");
        }
        assert!(search("  ").is_empty());
        assert!(search("kjeks").is_empty());
    }
}
