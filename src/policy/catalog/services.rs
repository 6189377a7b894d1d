//! What the built-in catalogue must know of the services that real pages load, and what it must leave to the operator: hosts
//! that anybody can have something behind.

use super::Tracker;
use super::needs::{built_in, found};
use crate::policy::consent::Category;

#[test]
fn services_that_pages_load_are_known_by_their_hosts() {
    let catalog = built_in();
    let lines = include_str!("../../../tests/data/catalog/services.txt").lines();
    for line in lines.filter(|line| !line.starts_with('#')) {
        let [category, id, addresses] = line.split(" | ").collect::<Vec<_>>().try_into().expect(line);
        let category = Category::from_name(category).expect(line);
        for address in addresses.split(' ') {
            let (host, path) = address.split_at(address.find('/').unwrap_or(address.len()));
            assert_eq!(found(catalog.host(host, path)), Some((id, category)), "{address}: {line}");
        }
    }
}

/// What such a host is for is its customer's to say, and what is asked there is the customer's to read.
#[test]
fn a_host_behind_which_anybody_can_stand_belongs_to_nobody() {
    let catalog = built_in();
    let hosts = "d111111abcdef8.cloudfront.net s3.amazonaws.com shop.s3.amazonaws.com s3.eu-central-1.amazonaws.com \
                 shop.akamaized.net shop-a.akamaihd.net a248.e.akamai.net shop.b-cdn.net shop.kxcdn.com \
                 shop.stackpathcdn.com shop.global.ssl.fastly.net shop.azureedge.net shop.azurefd.net \
                 shop.blob.core.windows.net shop.vo.msecnd.net shop.cdn77.org shop.netdna-ssl.com shop.hwcdn.net \
                 shop.llnwd.net shop.rackcdn.com storage.googleapis.com shop.appspot.com shop.web.app shop.github.io \
                 raw.githubusercontent.com avatars1.githubusercontent.com shop.netlify.app shop.vercel.app \
                 shop.pages.dev shop.workers.dev shop.herokuapp.com shop.myshopify.com shop.wordpress.com \
                 shop.blogspot.com dl.dropboxusercontent.com";
    for host in hosts.split_whitespace() {
        assert_eq!(found(catalog.host(host, "/assets/app.js")), None, "{host}");
    }
}

/// They remember an answer, so they ask for one.
#[test]
fn who_asks_visitors_is_known() {
    let catalog = built_in();
    let asks = catalog.trackers().filter(|tracker| tracker.asks);
    let remember =
        catalog.trackers().filter(|tracker| tracker.purpose["en"].contains("other consent window"));
    let ids = |list: Vec<&Tracker>| list.iter().map(|tracker| tracker.name_id.clone()).collect::<Vec<_>>();
    let asks = ids(asks.collect());
    assert_eq!(asks, ids(remember.collect()));
    for id in ["cookiebot", "onetrust", "usercentrics", "cookie-notices"] {
        assert!(asks.iter().any(|one| one == id), "{id} in {asks:?}");
    }
}
