//! What a choice form says: fields → [`Choice`], what it answers, and where to go back to. Pure.

use crate::banner::safe_return;
use crate::counting::Layer;
use crate::policy::catalog::Catalog;
use crate::policy::consent::{Category, CategorySet, Choice, TrackerSet};

use super::form::{self, FormError};

/// A choice as it was sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ChoiceForm {
    /// What the visitor said.
    pub choice: Choice,
    /// A path of this site, with its query.
    pub return_path: String,
    /// Does it stand in a page that cannot be come back to, because it answered a form itself?
    pub stays: bool,
    /// Where it was made.
    pub layer: Layer,
    /// What it answers.
    pub notice: Told,
    /// Names it a tracker that the site does not use, or uses no more? Only a form under an outdated notice can.
    pub names_unknown: bool,
}

/// What a form says of the notice that it stood under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Nothing: a script's form, or an automaton's.
    Nothing,
    /// It is the one in the language of this index.
    Today(usize),
    /// It is none of today's: since the page was loaded, a word or the offer has changed.
    Outdated,
}

/// The layer a form says it is.
fn layer(name: &str) -> Option<Layer> {
    Layer::SAID.into_iter().find(|layer| layer.name() == name)
}

/// A button of an embed says its tracker and no more. What it says beside it is of the banner, when the page was still on its way.
const fn may_be_of_embed(layer: Option<Layer>) -> bool {
    matches!(layer, None | Some(Layer::Banner | Layer::Embed))
}

/// Why a choice was not taken. Nothing is stored then.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum ChoiceError {
    /// The body is no form.
    #[error(transparent)]
    Form(#[from] FormError),
    /// The field `choice` is missing, comes twice or says something else.
    #[error("the field choice must be sent once and say all, none or some")]
    NoChoice,
    /// A category nobody knows, or one that is not asked about.
    #[error("the field category must be preferences, statistics or marketing")]
    UnknownCategory,
    /// A tracker that nobody knows, or that the site does not use.
    #[error("the field tracker must name a tracker of the declaration")]
    UnknownTracker,
    /// A field that a choice does not have.
    #[error("a choice has the fields choice, category, tracker, return, layer and notice, and no other")]
    UnknownField,
    /// A layer nobody knows, or several.
    #[error("the field layer must be sent at most once and be banner, page, embed or script")]
    UnknownLayer,
    /// More than one embed at once, or something beside it.
    #[error("with the layer embed and the choice some, exactly one tracker must be sent and no category")]
    NotOneEmbed,
    /// Several notices.
    #[error("the field notice must be sent at most once")]
    NoticeTwice,
    /// The return address leaves the site, or comes twice.
    #[error("the field return must be sent at most once and be a path of this site")]
    ForeignReturn,
}

impl ChoiceForm {
    /// Reads a form body. Switches that stand beside a button for all or none do not change what the button says.
    /// `today` finds the language of one of today's notices by its name; `fallback` is where to go back to when the form
    /// does not say.
    pub(super) fn read(
        body: &[u8],
        catalog: &Catalog,
        today: impl Fn(&str) -> Option<usize>,
        fallback: &str,
    ) -> Result<Self, ChoiceError> {
        let (mut kind, mut return_path, mut layer, mut notice) = (None, None, None, Told::Nothing);
        let (mut categories, mut trackers, mut named) = (CategorySet::NECESSARY, TrackerSet::NONE, 0);
        let (mut names_unknown, mut stays) = (false, false);
        for (name, value) in form::fields(body)? {
            match name.as_ref() {
                "choice" if kind.is_none() => kind = Some(value),
                "choice" => return Err(ChoiceError::NoChoice),
                "category" => {
                    let category = Category::from_name(&value).ok_or(ChoiceError::UnknownCategory)?;
                    categories = categories.with(category);
                }
                "tracker" => {
                    named += 1;
                    match catalog.named(&value).filter(|tracker| tracker.is_used) {
                        Some(tracker) => trackers.insert(tracker.id),
                        None => names_unknown = true,
                    }
                }
                "return" if return_path.is_none() && !stays && safe_return(&value).is_some() => {
                    return_path = Some(value.into_owned());
                }
                "return" if return_path.is_none() && !stays && value.is_empty() => stays = true,
                "return" => return Err(ChoiceError::ForeignReturn),
                "layer" if layer.is_none() => {
                    layer = Some(self::layer(&value).ok_or(ChoiceError::UnknownLayer)?);
                }
                "layer" => return Err(ChoiceError::UnknownLayer),
                "notice" if notice == Told::Nothing => {
                    notice = today(&value).map_or(Told::Outdated, Told::Today);
                }
                "notice" => return Err(ChoiceError::NoticeTwice),
                _ => return Err(ChoiceError::UnknownField),
            }
        }
        if names_unknown && notice != Told::Outdated {
            return Err(ChoiceError::UnknownTracker);
        }
        let is_one_embed = named == 1 && categories == CategorySet::NECESSARY;
        let choice = match kind.as_deref() {
            None if is_one_embed && may_be_of_embed(layer) => Choice::Some { categories, trackers },
            Some("some") if layer == Some(Layer::Embed) && !is_one_embed => {
                return Err(ChoiceError::NotOneEmbed);
            }
            Some("some") => Choice::Some { categories, trackers },
            Some("all") => Choice::All,
            Some("none") => Choice::None,
            _ => return Err(ChoiceError::NoChoice),
        };
        let return_path = return_path.unwrap_or_else(|| fallback.to_owned());
        let layer = kind.map_or(Layer::Embed, |_| layer.unwrap_or(Layer::Form));
        Ok(Self { choice, return_path, stays, layer, notice, names_unknown })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn catalog() -> Catalog {
        let entry = |id| {
            format!(
                "[[tracker]]\nid = \"{id}\"\nname = \"Tube\"\ncategory = \"marketing\"\nsource = \"a test\"\n\
                 purpose = {{ en = \"Shows films.\" }}\nprovider = {{ name = \"Tube\", country = \"IE\", privacy = \"https://tube.example/\" }}\n"
            )
        };
        let entries = Catalog::parse(&(entry("tube") + &entry("unused"))).unwrap();
        Catalog::new(entries).unwrap().using(&["tube".into()])
    }

    fn today(name: &str) -> Option<usize> {
        (name == "0123456789ab").then_some(1)
    }

    fn read(body: &str) -> Result<ChoiceForm, ChoiceError> {
        ChoiceForm::read(body.as_bytes(), &catalog(), today, "/here")
    }

    #[test]
    fn each_choice_is_read_as_it_was_meant() {
        assert_eq!(read("choice=all").unwrap().choice, Choice::All);
        assert_eq!(read("category=statistics&choice=none").unwrap().choice, Choice::None);
        assert_eq!(
            read("choice=none&return=%2Fdekk").unwrap(),
            ChoiceForm {
                choice: Choice::None,
                return_path: "/dekk".into(),
                stays: false,
                layer: Layer::Form,
                notice: Told::Nothing,
                names_unknown: false
            }
        );
        let Choice::Some { categories, trackers } =
            read("choice=some&category=statistics&category=preferences&tracker=tube").unwrap().choice
        else {
            panic!("some was sent");
        };
        assert_eq!(categories, CategorySet::NECESSARY.with(Category::Statistics).with(Category::Preferences));
        assert!(trackers.contains(catalog().named("tube").unwrap().id));
    }

    #[test]
    fn a_form_says_what_it_answers() {
        assert_eq!(read("choice=all&notice=0123456789ab").unwrap().notice, Told::Today(1));
        let gone = read("choice=some&tracker=unused&notice=earlier").unwrap();
        assert!(gone.names_unknown && gone.notice == Told::Outdated, "it was asked about then");
        for other in ["", "0123456789a", "0123456789AB", "ba9876543210"] {
            assert_eq!(
                read(&format!("notice={other}&choice=all")).unwrap().notice,
                Told::Outdated,
                "{other}"
            );
        }
    }

    #[test]
    fn a_button_of_an_embed_says_its_tracker_and_no_more() {
        for body in ["tracker=tube", "layer=banner&tracker=tube", "layer=embed&tracker=tube"] {
            let read = read(body).unwrap();
            assert_eq!(read.layer, Layer::Embed, "{body}");
            let Choice::Some { categories, trackers } = read.choice else { panic!("some was sent") };
            assert_eq!(categories, CategorySet::NECESSARY);
            assert!(trackers.contains(catalog().named("tube").unwrap().id));
        }
    }

    #[test]
    fn a_choice_without_return_goes_back_to_where_it_came_from() {
        assert_eq!(read("choice=none").unwrap().return_path, "/here");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        use ChoiceError as E;
        for (body, error) in [
            ("", E::NoChoice),
            ("choice=maybe", E::NoChoice),
            ("layer=banner", E::NoChoice),
            ("layer=script&tracker=tube", E::NoChoice),
            ("layer=page&tracker=tube", E::NoChoice),
            ("tracker=tube&category=statistics", E::NoChoice),
            ("tracker=tube&tracker=tube", E::NoChoice),
            ("choice=all&choice=none", E::NoChoice),
            ("choice=some&category=everything", E::UnknownCategory),
            ("choice=some&tracker=nobody", E::UnknownTracker),
            ("choice=some&tracker=tube&tracker=unused", E::UnknownTracker),
            ("choice=some&tracker=unused&notice=0123456789ab", E::UnknownTracker),
            ("choice=all&colour=red", E::UnknownField),
            ("choice=all&return=https://evil.example/", E::ForeignReturn),
            ("choice=all&return=/a&return=/b", E::ForeignReturn),
            ("choice=some&layer=embed", E::NotOneEmbed),
            ("choice=some&layer=embed&tracker=tube&tracker=tube", E::NotOneEmbed),
            ("choice=some&tracker=tube&category=statistics&layer=embed", E::NotOneEmbed),
            ("choice=all&notice=0123456789ab&notice=0123456789ab", E::NoticeTwice),
            ("choice=%ff", E::Form(FormError::Malformed)),
        ] {
            assert_eq!(read(body), Err(error), "{body}");
        }
    }

    #[test]
    fn return_addresses_never_leave_the_site() {
        for path in [
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "evil",
            "",
            "http://e/",
            "/a\r\nb",
            "/æ",
        ] {
            assert!(safe_return(path).is_none(), "{path:?}");
        }
        assert!(safe_return("/").is_some());
        assert!(safe_return("/dekk?sort=pris&side=2#nr-3").is_some());
    }

    proptest! {
        #[test]
        fn no_body_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = ChoiceForm::read(&body, &catalog(), today, "/");
        }
    }
}
