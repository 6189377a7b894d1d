//! What is a snippet and nothing else, and what is work of the shop's.

use proptest::prelude::*;

use super::super::{Needles, StandIns};
use super::*;
use crate::policy::catalog::Catalog;

/// Trackers' names, as of a page that may load from its own host only.
fn has(text: &str) -> bool {
    let trackers = ["fbq", "_fbq", "_gaq", "ga", "_paq", "googletag", "Intercom"];
    has_own_work(text.as_bytes(), |name| trackers.iter().any(|known| known.as_bytes() == name))
}

fn has_own_work(text: &[u8], is_tracker: impl Fn(&[u8]) -> bool) -> bool {
    find(text, is_tracker, is_own_address) == Found::OwnWork
}

fn is_own_address(address: &[u8]) -> bool {
    memchr::memmem::find(address, b"//").is_none()
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
        "var s = document.createElement('script'); s.src = '//x.example/a.js'; document.head.append(s);",
        "fbq('track', 'x', {\n value: 1,\n id: 'shop' });",
        "if(window.fbq){fbq('track','x')} typeof fbq!=='undefined'&&fbq('track','y');",
        "try { Intercom('show') } catch (e) { console.log(e) }",
        "setTimeout(function(){ fbq('track','x') }, 300);",
        "document.addEventListener('DOMContentLoaded', function(){ fbq('track','x', {url: location.pathname}) })",
        "window['fbq']('track', 'x');",
        "<![CDATA[ fbq('track', 'x'); ]]>",
        "window.addEventListener('load', function(){ var script = document.createElement('script'); script.src = 'https://x.example/a.js';\n\
         script.setAttribute('async', ''); script.onload = function(){ ga('send') }; document.body.appendChild(script) })",
        "(function(){ function load(){ start() } function start(){} addEventListener('load', () => load()) })()",
        "document.querySelectorAll('a').forEach(function(a){ a.addEventListener('click', function(){ ga('send') }) })",
        "document.addEventListener('click', function(e){ if (e.x) { ga('send', new URL(e.y)) } });",
        "var s = document.createElement('script'); document.getElementById('tags').appendChild(s);",
    ];
    for snippet in snippets {
        assert!(!has(snippet), "{snippet}");
    }
}

/// Snippets that hide the page until their tracker has come, as they are given out.
const HIDING: [&str; 6] = [
    "(function(a,s,y,n,c,h,i,d,e){s.className+=' '+y;h.start=1*new Date;\nh.end=i=function(){s.className=s.className.replace(\
     RegExp(' ?'+y),'')};\n(a[n]=a[n]||[]).hide=h;setTimeout(function(){i();h.end=null},c);h.timeout=c;\n\
     })(window,document.documentElement,'async-hide','dataLayer',4000,\n{'GTM-XXXXXX':true});",
    "!function(a,s,y,n,c,h,i){s.className+=\" \"+y,h.start=1*new Date,h.end=i=function(){s.className=s.className.replace(\
     RegExp(\" ?\"+y),\"\")},(a[n]=a[n]||[]).hide=h,setTimeout(function(){i(),h.end=null},c),h.timeout=c}\
     (window,document.documentElement,\"async-hide\",\"dataLayer\",4e3,{\"OPT-X\":!0});",
    ";(function(win, doc, style, timeout) {\n  var STYLE_ID = 'at-body-style';\n\
     function getParent() { return doc.getElementsByTagName('head')[0]; }\n\
     function addStyle(parent, id, def) { if (!parent) { return; } var style = doc.createElement('style'); style.id = id;\n\
     style.innerHTML = def; parent.appendChild(style); }\n\
     function removeStyle(parent, id) { if (!parent) { return; } var style = doc.getElementById(id); if (!style) { return; }\n\
     parent.removeChild(style); }\n addStyle(getParent(), STYLE_ID, style);\n\
     setTimeout(function() { removeStyle(getParent(), STYLE_ID); }, timeout);\n\
     }(window, document, \"body {opacity: 0 !important}\", 3000));",
    "!function(e,a,n,t){if(a)return;var i=e.head;if(i){var o=e.createElement(\"style\");o.id=\"alloy-prehiding\",o.innerText=n,\
     i.appendChild(o),setTimeout(function(){o.parentNode&&o.parentNode.removeChild(o)},t)}}(document,\
     document.location.href.indexOf(\"adobe_authoring_enabled\")!==-1,\".personalization-container { opacity: 0 !important }\",3e3);",
    "document.documentElement.classList.add('wf-loading')",
    "(function(d) {\n var config = {\n kitId: 'abc',\n scriptTimeout: 3000,\n async: true\n },\n\
     h=d.documentElement,t=setTimeout(function(){h.className=h.className.replace(/\\bwf-loading\\b/g,\"\")+\" wf-inactive\";},\
     config.scriptTimeout),tk=d.createElement(\"script\"),f=false,s=d.getElementsByTagName(\"script\")[0],a;\
     h.className+=\" wf-loading\";tk.src='https://use.typekit.net/'+config.kitId+'.js';tk.async=true;\
     tk.onload=tk.onreadystatechange=function(){a=this.readyState;if(f||a&&a!=\"complete\"&&a!=\"loaded\")return;f=true;\
     clearTimeout(t);try{Typekit.load(config)}catch(e){}};s.parentNode.insertBefore(tk,s)\n })(document);",
];

#[test]
fn what_hides_the_page_until_a_tracker_comes_is_the_trackers() {
    for snippet in HIDING {
        assert!(!has(snippet), "{snippet}");
        assert!(!has(&format!("{snippet}\n{BASE}")), "{snippet}");
        for mark in ["async-hide", "at-body-style", "alloy-prehiding", "wf-loading"] {
            assert!(has(&snippet.replace(mark, "is-loading")) || !snippet.contains(mark), "{snippet}");
        }
    }
}

#[test]
fn what_the_shop_does_beside_hiding_is_done() {
    for hiding in HIDING {
        for work in WORKS {
            assert!(has(&format!("{hiding};{work}")) && has(&format!("{work};{hiding}")), "{work}");
        }
    }
    for work in [
        "document.documentElement.classList.add('wf-loading', 'js')",
        "document.documentElement.classList.add('js');ga('wf-loading')",
        "document.documentElement.className = 'wf-loading js'",
        "(function(s){s.className+=' open'})(document.documentElement);ga('x')",
        "(function(s){s.className+=' open';s.addEventListener('click',function(){s.className='async-hide'})})(document.body)",
        "(function(d){var s=d.createElement('style');s.innerHTML='.sale{color:red}';d.head.appendChild(s)})(document);ga('x')",
        "var parent=document.body;parent.appendChild(menu);ga('async-hide')",
        "parent.postMessage('async-hide', '*')",
    ] {
        assert!(has(work), "{work}");
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

/// Meta's own snippet.
const BASE: &str = "!function(f,b,e,v,n,t,s){if(f.fbq)return;n=f.fbq=function(){n.callMethod?n.callMethod.apply(n,arguments):\
     n.queue.push(arguments)};n.queue=[];t=b.createElement(e);t.src=v;s=b.getElementsByTagName(e)[0];\
     s.parentNode.insertBefore(t,s)}(window,document,'script','https://connect.facebook.net/x.js');";

/// What shops do beside the call of a tracker, alone, in a condition, in a function, and later.
const WORKS: [&str; 41] = [
    "document.betaling.submit()",
    "document.forms['betaling'].submit()",
    "document.forms['betaling']['submit']()",
    "var f=document.getElementById('betaling');f.submit()",
    "var f=document.createElement('form');f.action='/pay';document.body.appendChild(f);f.submit()",
    "var f=document.createElement('form');document.body.appendChild(f)",
    "document.documentElement.classList.remove('no-js')",
    "document.body.classList.add('ok')",
    "setTimeout(openModal,1000)",
    "setTimeout('openModal()',1000)",
    "setTimeout(function(){location.href='/takk'},300)",
    "setTimeout(()=>location.replace('/takk'),300)",
    "location='/takk'",
    "window.location='/takk'",
    "document.location.href='/takk'",
    "(function(w){w.location.assign('/takk')})(window)",
    "window.addEventListener('load',initShop)",
    "addEventListener('load',function(e){initShop(e)})",
    "try{initShop()}catch(e){}",
    "try{fbq('track','y')}catch(e){initShop(e)}",
    "new Promise(function(a){a(fbq('track','y'))}).catch(initShop)",
    "if(cart.empty){showEmpty()}",
    "document.write('<p>Takk</p>')",
    "document.write('<script src=\"/app.js\"><\\/script>')",
    "var s=document.createElement('script');s.src='/app.js';document.head.appendChild(s)",
    "(function(d){var s=d.createElement('script');s.src=\"/app.js\";d.head.appendChild(s)})(document)",
    "var x=new XMLHttpRequest();x.open('POST','/api/confirm');x.send()",
    "fetch('/api/confirm',{method:'POST'})",
    "navigator.sendBeacon('/api/confirm')",
    "navigator.serviceWorker.register('/sw.js')",
    "productId=5",
    "window.productId=5",
    "window['productId']=5",
    "R.push('step')",
    "Intercom('show');initShop=1",
    "document.title='Takk'",
    "document.getElementById('x').innerHTML='Takk'",
    "document.querySelectorAll('a').forEach(function(a){a.target='_blank'})",
    "document.querySelector('.menu').setAttribute('aria-expanded','true')",
    "document.body.append('Takk')",
    "(function(w){w.cart={currency:'NOK'}})(window)",
];

#[test]
fn a_call_of_a_tracker_beside_it_does_not_stop_what_the_shop_does() {
    for work in WORKS {
        for call in [
            "fbq('track','x');",
            "if(window.fbq){fbq('track','x')}",
            "typeof fbq!=='undefined'&&fbq('track','x');",
            BASE,
        ] {
            assert!(!has(call), "{call}");
            for script in [
                format!("{call}{work}"),
                format!("{work};{call}"),
                format!("document.addEventListener('DOMContentLoaded',function(){{{call}{work}}})"),
                format!("window.addEventListener('load',(e)=>{{if(e){{{call}{work}}}}});"),
                format!("(function(){{try{{{call}{work}}}catch(e){{}}}})()"),
                format!("{call}setTimeout(function(){{{work}}},0)"),
            ] {
                assert!(has(&script), "{script}");
            }
        }
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
        assert!(!Needles::new(&catalog).of(&code).is_empty(), "{snippet}");
        let is_tracker = |name: &[u8]| stand_ins.knows(name);
        assert!(!has_own_work(snippet.as_bytes(), is_tracker), "{snippet}");
        let beside = format!("{snippet}\n;document.betaling.submit()");
        assert!(has_own_work(beside.as_bytes(), is_tracker), "{snippet}");
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

#[test]
fn repetition_costs_no_more_than_its_length() {
    let nested = |open: &str, close: &str| format!("{}a{}", open.repeat(20_000), close.repeat(20_000));
    for script in [
        nested("(a,", ")=>a"),
        nested("function a(", "){}"),
        nested("[a=>{", "}]"),
        nested("a=>(", ")"),
        format!("(function(a){{ a{}.push(a) }})", " ".repeat(300_000)),
        format!("(function(a){{ a{}a }})", "['a']".repeat(60_000)),
        format!("(function(a){{ {} }})", "a\n".repeat(150_000)),
    ] {
        assert!(!has(&script), "{}", &script[..60]);
    }
}

proptest! {
    #[test]
    fn any_text_is_read_to_its_end(text in prop::collection::vec(any::<u8>(), 0..200)) {
        has_own_work(&text, |_| false);
        without_comments(&text);
    }

    #[test]
    fn brackets_hide_what_is_declared_in_them(name in "cart[a-z]{0,8}", keyword in "var|let|const|function") {
        let value = if keyword == "function" { "(a){}" } else { "=[1]" };
        let within = format!("(function(){{ {keyword} {name}{value}; {name}.push({name}) }})()");
        prop_assert!(!has(&within), "{}", within);
        let outside = format!("{keyword} {name}{value}; ga('send')");
        prop_assert!(has(&outside), "{}", outside);
    }

    #[test]
    fn a_name_of_nobody_is_the_shops_wherever_it_stands(
        name in "shop[a-zA-Z]{0,8}",
        around in prop::sample::select(&[("", ""), ("if(1){", "}"), ("f=function(a){", "}"), ("ga('x',{a:", "})"), ("[", "]")][..]),
        before in "(ga[(]'x'[)];|/[*] (var|function) shop [*]/|'shop';|/shop\"/;){0,3}",
    ) {
        let script = format!("{before}{}{name}{}", around.0, around.1);
        prop_assert!(has(&script), "{}", script);
        let without = format!("{before}{}1{}", around.0, around.1);
        prop_assert!(!has(&without), "{}", without);
    }
}
