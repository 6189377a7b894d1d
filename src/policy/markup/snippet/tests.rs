//! What is a snippet and nothing else, and what is work of the shop's.

use proptest::prelude::*;

use super::super::{Needles, StandIns};
use super::*;
use crate::policy::catalog::Catalog;

fn has(text: &str) -> bool {
    has_own_work(text.as_bytes(), |name| matches!(name, b"fbq" | b"_gaq" | b"ga" | b"_paq" | b"googletag"))
}

#[test]
fn snippets_have_no_work_of_the_shops_in_them() {
    let snippets = [
        "(function(w,d,s,l,i){w[l]=w[l]||[];var f=d.getElementsByTagName(s)[0];})(window,document,'script','dataLayer','GTM-X');",
        "window.dataLayer = window.dataLayer || [];\nfunction gtag(){dataLayer.push(arguments);}\ngtag('js', new Date());\ngtag('config', 'G-1');",
        "!function(f,b,e,v,n,t,s){if(f.fbq)return;n=f.fbq=function(){}}(window,document,'script','https://connect.facebook.net/x');\nfbq('init', '1');fbq('track', 'PageView');",
        "var _gaq = _gaq || [];_gaq.push(['_setAccount','UA-1']);(function(){var ga=document.createElement('script');var s=1;})();",
        "var _paq = window._paq = window._paq || [];\n_paq.push(['trackPageView']);\n(function() { var u='//m.example/'; })();",
        "_gaq=[['_setAccount','UA-1']];",
        "try{ga('send','pageview')}catch(e){}",
        "/* function shop(){} */ // var cart = 1\nga('x', /var cart=\"/, 'function shop(){}');",
        "googletag.cmd.push(function() { googletag.display('a'); });",
        "var google_conversion_id = 1; var google_custom_params = window.google_tag_params;",
        "window.NREUM||(NREUM={}),__nr_require=function(t,e,n){return n}({1:[function(t,e,n){}]},{},[1]);",
        "if (document.cookie == 'var shop') { ga('send'); }",
        "new Image().src = 'https://x.example/a.gif';",
        "var s = document.createElement('script'); s.src = 'x'; document.head.append(s);",
        "window.tracker = window.tracker || []; window.tracker.k = 1;",
        "fbq('track', 'x', {\n value: price(),\n id: cart.id() });",
        "window.addEventListener('load', function(){ var script = document.createElement('script'); script.src = 'x';\n\
         script.setAttribute('async', ''); script.onload = function(){ ga('send') }; document.body.appendChild(script) })",
        "(function(){ function load(){ start() } function start(){} addEventListener('load', () => load()) })()",
        "document.querySelectorAll('a').forEach(function(a){ a.addEventListener('click', function(){ ga('send') }) })",
        "document.addEventListener('click', function(e){ if (e.x) { ga('send', new URL(e.y)) } });",
        "document.getElementById('tags').appendChild(s); document.write('<p>')",
    ];
    for snippet in snippets {
        assert!(!has(snippet), "{snippet}");
    }
}

#[test]
fn work_of_the_shops_is_seen_beside_a_snippet() {
    let works = [
        "function changeCurrency(code) { location = '?c=' + code } ga('send')",
        "ga('send'); var cart = {};",
        "class Cart {} fbq('track')",
        "const { price } = product; ga('send')",
        "$(document).ready(function(){ ga('send') })",
        "(function(){ jQuery('.tip').tipTip(); ga('send') })()",
        "self.__next_f.push([1,\"<script>ga('send')\"])",
        "(self.__next_f=self.__next_f||[]).push([0,\"ga('send')\"])",
        "window.__NUXT__=(function(a){return {s:'ga('}})(1)",
        "window.state = {\"tag\":\"ga(\"}",
        "globals = {\"tag\":\"ga(\"};",
        "enquire.register('screen', { match: function() { ga('send') } })",
        "startShop('https://www.google-analytics.com/analytics.js')",
        "ga('send')\nwindow.qtyChanged = function() {}",
        "async function load() { ga('send') }",
        "function* steps() { ga('send') }",
        "import x from './shop.js'; ga('send')",
        "document.querySelector(\"#buy\").addEventListener(\"click\",function(){fbq(\"track\",\"AddToCart\");fetch(\"/cart/add\",{method:\"POST\"})});",
        "document.addEventListener(\"DOMContentLoaded\",()=>{new Swiper(\".hero\");fbq(\"track\",\"ViewContent\")});",
        "document.getElementById(\"menu\").onclick=function(){this.classList.toggle(\"open\")};ga('x')",
        "(function(w,d){w.ga=1})(window,document);window.cart=new Cart({currency:'NOK'});",
        "ga('config', 'G-1');\ndocument.getElementById('year').textContent=new Date().getFullYear();",
        "_paq.push(['trackPageView']);window.menu=new Menu();",
        "ga('send');new Swiper('.hero')",
        "window.currency = 'NOK'; ga('send')",
        "document.body.className += ' js'; ga('send')",
        "document.querySelector('.menu').classList.add('open'); ga('send')",
        "buy.addEventListener('click', () => openCart())",
        "(function(){ document.addEventListener('click', function(e){ ga('send'); location.href = e.href }) })()",
        "(function(d){ d.addEventListener('x', () => { const menu = d.querySelector('.m'); ga('x'); menu.hidden = false }) })(document)",
        "addEventListener('scroll', function () {\n  ga('send')\n  updateHeader()\n})",
    ];
    for work in works {
        assert!(has(work), "{work}");
    }
}

#[test]
fn the_snippets_that_trackers_give_out_are_nothing_else() {
    let catalog = Catalog::new(Catalog::built_in().unwrap()).unwrap();
    let stand_ins = StandIns::new(&catalog);
    let snippets = include_str!("../../../../tests/data/rewrite/snippets.txt");
    assert!(snippets.split("\n---\n").count() >= 15);
    for snippet in snippets.split("\n---\n") {
        let code = without_comments(snippet.as_bytes());
        assert!(Needles::new(&catalog).find(&code, |_| true).is_some(), "{snippet}");
        assert!(!has_own_work(snippet.as_bytes(), |name| stand_ins.knows(name)), "{snippet}");
    }
}

#[test]
fn comments_are_no_code() {
    let code = |text: &str| String::from_utf8(without_comments(text.as_bytes())).unwrap();
    assert_eq!(code("// ga('send')\nmenu()"), " \nmenu()");
    assert_eq!(code("/* ga( */ var x=1; // '"), "  var x=1;  ");
    assert_eq!(code("var a='//b', c=/[/*]/, d=`/*e*/`"), "var a='//b', c=/[/*]/, d=`/*e*/`");
    assert_eq!(code("a /* never closed"), "a  ");
}

proptest! {
    #[test]
    fn any_text_is_read_to_its_end(text in prop::collection::vec(any::<u8>(), 0..200)) {
        has_own_work(&text, |_| false);
        without_comments(&text);
    }

    #[test]
    fn brackets_hide_what_is_declared_in_them(text in "[a-z;=. ]{0,40}") {
        let wrapped = format!("(function(){{ {text}; var cart = 1 }})()");
        prop_assert!(!has(&wrapped), "{}", wrapped);
    }
}
