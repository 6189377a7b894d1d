//! What keeps the question and the link in pages that scripts draw anew stands before the first sign, and in no other page.

use proptest::prelude::*;

use super::*;

/// The marks of what is put in for a page that is hydrated, and for one whose body is swapped.
const HYDRATED: &str = "<script>k</script>";
const SWAPPED: &str = "<script>w</script>";
/// The mark of what is put in where scripts pass on what they store by events.
const AREAS: &str = "<script>a</script>";

fn keeping() -> Insertions {
    let [hydrated, swapped, areas] =
        [HYDRATED, SWAPPED, AREAS].map(|script| Bytes::from_static(script.as_bytes()));
    Insertions { keep: Keep { hydrated, swapped, areas }, ..insertions() }
}

fn in_pieces(source: &str, consent: Consent, cut: usize) -> String {
    let pieces = source.as_bytes().chunks(cut);
    let (out, result) = rewritten(consent, keeping(), pieces);
    result.unwrap();
    String::from_utf8(out).unwrap()
}

fn everything() -> Consent {
    Consent::from_choice(&Choice::All, Day(20_513), None, POLICY.with_borrow(Arc::clone).catalog())
}

/// A page with a sign, what is put in for it, and what that stands right before.
const SIGNS: [(&str, &str, &str); 13] = [
    ("<body><p>x<script>window.__remixContext = {};</script>", HYDRATED, "<script>window."),
    ("<body><script>window.__reactRouterContext = {}</script>", HYDRATED, "<script>window."),
    ("<body><script nonce=a>(self.__next_f=self.__next_f||[]).push([0])</script>", HYDRATED, "<script nonce"),
    ("<body><script class='$tsr'>self.$_TSR={h(){}}</script>", HYDRATED, "<script class"),
    ("<body><script>(self.__FLIGHT_DATA||=[]).push('')</script>", HYDRATED, "<script>(self"),
    ("<head><script>self.$_TSR={}</script></head><body>", HYDRATED, "<script>self"),
    ("<head><meta name=turbo-root content=/></head><body>", SWAPPED, "<meta"),
    ("<head><meta content=true name=astro-view-transitions-enabled><body>", SWAPPED, "<meta"),
    ("<html><head><link rel=stylesheet href=/a.css data-turbo-track=reload></head>", SWAPPED, "<link"),
    ("<html data-turbo=false><head><title>x</title></head>", SWAPPED, "<title"),
    ("<title>x</title><body hx-boost=true><p>x", SWAPPED, "<body"),
    ("<body><p>x</p><script src=/livewire.js data-navigate-once=true></script>", SWAPPED, "<script src"),
    (
        "<head><meta name=turbo-root></head><body><script>self.__next_f.push(1)</script><p data-turbo=1>",
        SWAPPED,
        "<meta",
    ),
];

#[test]
fn what_keeps_ours_stands_once_before_the_first_sign_whatever_was_agreed_to() {
    for (source, script, sign) in SIGNS {
        for consent in [Consent::none(), everything()] {
            let page = in_pieces(source, consent, source.len());
            assert_eq!([HYDRATED, SWAPPED].map(|mark| page.matches(mark).count()).iter().sum::<usize>(), 1);
            assert!(page.contains(&[script, sign].concat()), "{page}");
            let head = page.find("<style>h</style>").unwrap();
            assert!(head < page.find(script).unwrap(), "{page}");
        }
    }
}

#[test]
fn what_lets_events_pass_stores_on_stands_once_before_the_first_sign_beside_the_other() {
    for (source, wanted) in [
        (
            "<head><meta name=generator content='VitePress v1'><script src=/_nuxt/a.js></script></head>",
            "<script>a</script><meta",
        ),
        (
            "<head><title>x</title><meta charset=utf-8><meta name=generator content='Docusaurus v3'></head>",
            "<script>a</script><meta name",
        ),
        (
            "<head><title>x</title><script type=module src=/assets/index-a.js></script></head>",
            "<script>a</script><script type",
        ),
        (
            "<body><p>x</p><script src=/_nuxt/a.js></script><script src=/_nuxt/b.js></script>",
            "<script>a</script><script src=/_nuxt/a",
        ),
        (
            "<body><script>self.__next_f=1</script><script src=/_nuxt/a.js></script>",
            "<script>a</script><script src",
        ),
        (
            "<body><script src=/_nuxt/a.js></script><script>self.__next_f=1</script>",
            "<script>k</script><script>self",
        ),
    ] {
        for cut in [1, 7, source.len()] {
            let page = in_pieces(source, Consent::none(), cut);
            assert_eq!(page.matches(AREAS).count(), 1, "{page}");
            assert_eq!(page.matches(HYDRATED).count(), source.matches("__next_f").count(), "{page}");
            assert!(page.contains(wanted), "{page}");
        }
    }
}

#[test]
fn a_page_without_a_sign_gets_nothing_of_it() {
    for source in [
        "<p>x",
        "<head><meta name=viewport content=turbo-root><meta name=description content=hx-boost><link href=/data-turbo></head><body>",
        "<body><script>var next_f = 1, remixContext, a = '__FLIGHT'</script><p>self.__next_f</p>",
        "<body><script type=application/json>self.__next_f.push(1)</script>",
        "<body><script src=/a.js>self.__next_f.push(1)</script>",
        "<body><noscript><script>self.__next_f.push(1)</script></noscript>",
        "<body><template><script src=/_nuxt/a.js></script></template><script src=/assets/shop.js></script>",
        "<body><template><script>self.__next_f.push(1)</script></template>",
        "<body><div hx-boost=true data-turbo=1 data-turbo-track=reload>x</div>",
        // A policy in the page may be against it.
        "<head><meta http-equiv=content-security-policy content=\"script-src 'self'\"></head><body><script>self.__next_f.push(1)</script>",
    ] {
        for consent in [Consent::none(), everything()] {
            let (without, result) = rewritten(consent, insertions(), [source.as_bytes()]);
            result.unwrap();
            let page = in_pieces(source, consent, source.len());
            assert_eq!(page, String::from_utf8(without).unwrap());
        }
    }
}

/// What is read for signs alone is not counted as read in part, and nothing in it is held.
#[test]
fn a_long_script_after_a_yes_to_everything_passes() {
    let source = format!("<body><svg><script>a('</desc>{}</script>", "x".repeat(INLINE_BYTES_MAX));
    let plain = format!("<body><script>{}</script>", "x".repeat(INLINE_BYTES_MAX));
    for source in [source, plain] {
        let (out, held) = rewritten(everything(), keeping(), [source.as_bytes()]);
        assert_eq!(held.unwrap(), HeldCounts::default());
        assert!(!String::from_utf8(out).unwrap().contains("held"));
    }
}

proptest! {
    #[test]
    fn a_sign_is_found_however_the_page_is_cut(index in 0..SIGNS.len(), cut in 1_usize..60) {
        let (source, ..) = SIGNS[index];
        for consent in [Consent::none(), everything()] {
            prop_assert_eq!(in_pieces(source, consent, cut), in_pieces(source, consent, source.len()));
        }
    }
}
