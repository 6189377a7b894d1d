//! What an answer changes of what stands.
//!
//! What says the same as what stands is no new consent: nothing is recorded, counted or kept longer for it. A page script may
//! carry an older answer over on every page, and a visitor may save what is there. It says the same when the same is granted,
//! to the question as it is today, and a yes has its proof: the last record under the visitor's number, of the same grant,
//! under the same notice. A script names no notice, so none is compared then.

use super::choice::Taken;
use super::choice_form::{ChoiceForm, Told};
use super::visit::Visit;
use super::worker::Shared;
use crate::counting::Layer;
use crate::policy::consent::{Category, Choice, Consent, ReceiptNumber};
use crate::store::ledger::Receipt;

/// What ends the name of what was done where the browser says no in general (rule P5).
pub(super) const OVER_GPC: &str = "-over-gpc";

/// Does a choice grant what does not stand yet?
pub(super) fn adds(visit: &Visit, form: &ChoiceForm) -> bool {
    form.names_unknown || !covers(visit, &visit.consent, &after(visit, form, None))
}

/// What stands after a form, under a receipt of that number. That of an embed answers no question: nobody was asked about
/// more than the one tracker.
pub(super) fn after(visit: &Visit, form: &ChoiceForm, number: Option<ReceiptNumber>) -> Consent {
    let choice = meant(visit, form);
    let after = Consent::from_choice(&choice, visit.today, number, visit.site.policy.catalog());
    let adds_one = form.layer == Layer::Embed && matches!(choice, Choice::Some { .. });
    if adds_one { after.beside(&visit.consent) } else { after }
}

/// What a form means. That of an embed adds one tracker to what stands now, which its page may not know of.
fn meant(visit: &Visit, form: &ChoiceForm) -> Choice {
    match &form.choice {
        Choice::Some { trackers, .. } if form.layer == Layer::Embed => {
            let (consent, mut trackers) = (&visit.consent, *trackers);
            for tracker in consent.trackers().iter() {
                trackers.insert(tracker);
            }
            Choice::Some { categories: consent.categories(), trackers }
        }
        choice => choice.clone(),
    }
}

/// Was something granted before that is not any more?
pub(super) fn takes_back(visit: &Visit, after: &Consent) -> bool {
    !covers(visit, after, &visit.consent) || is_not_renewed(&visit.consent, after)
}

/// Does a yes end of which nothing stands already, because what is offered is another one? What it let in is kept in the browser
/// until it is told to forget it. That of an embed leaves such a question open.
fn is_not_renewed(stands: &Consent, after: &Consent) -> bool {
    let is_off = |category| !stands.settled().contains(category) && !after.categories().contains(category);
    let leaves_changed = stands.is_outdated() && after.settled().iter().any(is_off);
    stands.receipt().is_some() && !after.is_asked() && (leaves_changed || !after.is_grant())
}

/// Does `one` grant all that `other` does?
fn covers(visit: &Visit, one: &Consent, other: &Consent) -> bool {
    let is_granted = |tracker| one.grants(visit.site.policy.catalog().tracker(tracker));
    one.categories().includes(other.categories()) && other.trackers().iter().all(is_granted)
}

/// The receipt of the visitor.
pub(super) struct Held {
    /// Its number.
    pub number: ReceiptNumber,
    /// The last record under it; unknown where this ledger has none, or cannot be read.
    last: Option<Receipt>,
}

/// The visitor's receipt, by the sealed number that the browser holds. This ledger need not have it: another gateway of the
/// shop may have given it, or an old cookie brings back one that was erased. What becomes of the grant is recorded under it
/// all the same, or nobody could show that it ended.
pub(super) async fn held(shared: &Shared, visit: &Visit) -> Option<Held> {
    let number = visit.consent.receipt()?;
    let last = shared.ledger.get(number).await.ok().and_then(|mut receipts| receipts.pop());
    Some(Held { number, last })
}

/// Was the yes that stands said over what the browser says in general (rule P5)? Its record tells.
pub(super) async fn stands_over_signal(shared: &Shared, visit: &Visit) -> bool {
    let last = held(shared, visit).await.and_then(|held| held.last);
    last.is_some_and(|last| last.action.ends_with(OVER_GPC))
}

/// Does `after` say what stands already?
pub(super) fn is_unchanged(visit: &Visit, taken: &Taken, held: Option<&Held>, after: &Consent) -> bool {
    let stands = &visit.consent;
    let is_same = after.categories() == stands.categories() && after.trackers() == stands.trackers();
    if after.settled() != stands.settled() || !is_same {
        return false;
    }
    match held.map(|held| &held.last) {
        Some(Some(last)) => is_proved(visit, taken, last, after),
        Some(None) => false,
        None => !after.is_grant(),
    }
}

/// Is it what the last record says?
fn is_proved(visit: &Visit, taken: &Taken, last: &Receipt, after: &Consent) -> bool {
    let (granted, refused) = named(visit, after);
    let is_read = match taken.form.notice {
        Told::Today(language) => last.texts == visit.site.banner.texts_hash(language),
        Told::Nothing => true,
        Told::Outdated => false,
    };
    let is_over = last.action.ends_with(OVER_GPC);
    last.granted == granted && last.refused == refused && is_read && (is_over || !taken.is_over(after))
}

/// What was granted and what was refused, by name: categories, then single trackers. What nobody was asked about, or not as
/// it is offered today, is neither.
pub(super) fn named(visit: &Visit, consent: &Consent) -> (Vec<String>, Vec<String>) {
    let (mut granted, mut refused) = (Vec::new(), Vec::new());
    for category in Category::ASKED.into_iter().filter(|category| consent.settled().contains(*category)) {
        let list = if consent.categories().contains(category) { &mut granted } else { &mut refused };
        list.push(category.name().to_owned());
    }
    let catalog = visit.site.policy.catalog();
    granted.extend(consent.trackers().iter().map(|tracker| catalog.tracker(tracker).name_id.clone()));
    (granted, refused)
}
