//! What a browser makes of a page: the tree of `html5ever`, and what in it would ask the held hosts for something.

use std::borrow::Cow;
use std::cell::RefCell;

use html5ever::interface::{ElemName, ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink as _};
use html5ever::tree_builder::TreeBuilderOpts;
use html5ever::{Attribute, LocalName, Namespace, ParseOpts, QualName, parse_document};

/// Does the browser run scripts? Then what is in a `<noscript>` is text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scripting {
    On,
    Off,
}

#[derive(Default)]
pub(super) struct Node {
    pub(super) name: Option<QualName>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) text: String,
    parent: Option<usize>,
    pub(super) children: Vec<usize>,
    /// Of a template; not among its children.
    contents: Option<usize>,
}

/// A document; 0 is its root.
struct Tree(RefCell<Vec<Node>>);

impl Tree {
    fn push(&self, node: Node) -> usize {
        self.0.borrow_mut().push(node);
        self.0.borrow().len() - 1
    }

    fn detach(&self, child: usize) {
        let mut nodes = self.0.borrow_mut();
        if let Some(parent) = nodes[child].parent.take() {
            nodes[parent].children.retain(|other| *other != child);
        }
    }

    /// Puts `child` below `parent`, before `place` of its children.
    fn attach(&self, parent: usize, place: usize, child: NodeOrText<usize>) {
        let child = match child {
            NodeOrText::AppendNode(node) => {
                self.detach(node);
                node
            }
            NodeOrText::AppendText(text) => self.push(Node { text: text.to_string(), ..Node::default() }),
        };
        let mut nodes = self.0.borrow_mut();
        let place = place.min(nodes[parent].children.len());
        nodes[parent].children.insert(place, child);
        nodes[child].parent = Some(parent);
    }
}

#[derive(Debug)]
struct Name(QualName);

impl ElemName for Name {
    fn ns(&self) -> &Namespace {
        &self.0.ns
    }

    fn local_name(&self) -> &LocalName {
        &self.0.local
    }
}

impl TreeSink for Tree {
    type Handle = usize;
    type Output = Self;
    type ElemName<'a> = Name;

    fn finish(self) -> Self {
        self
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> usize {
        0
    }

    fn elem_name(&self, target: &usize) -> Name {
        Name(self.0.borrow()[*target].name.clone().expect("asked of elements only"))
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, flags: ElementFlags) -> usize {
        let contents = flags.template.then(|| self.push(Node::default()));
        self.push(Node { name: Some(name), attributes, contents, ..Node::default() })
    }

    fn create_comment(&self, _: StrTendril) -> usize {
        self.push(Node::default())
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> usize {
        self.push(Node::default())
    }

    fn append(&self, parent: &usize, child: NodeOrText<usize>) {
        self.attach(*parent, usize::MAX, child);
    }

    fn append_based_on_parent_node(&self, element: &usize, previous: &usize, child: NodeOrText<usize>) {
        let has_parent = self.0.borrow()[*element].parent.is_some();
        if has_parent { self.append_before_sibling(element, child) } else { self.append(previous, child) }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_template_contents(&self, target: &usize) -> usize {
        self.0.borrow()[*target].contents.expect("asked of templates only")
    }

    fn same_node(&self, one: &usize, other: &usize) -> bool {
        one == other
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &usize, child: NodeOrText<usize>) {
        if let NodeOrText::AppendNode(node) = &child {
            self.detach(*node);
        }
        let (parent, place) = {
            let nodes = self.0.borrow();
            let parent = nodes[*sibling].parent.expect("it has one");
            (
                parent,
                nodes[parent].children.iter().position(|other| other == sibling).expect("it is among them"),
            )
        };
        self.attach(parent, place, child);
    }

    fn add_attrs_if_missing(&self, target: &usize, attributes: Vec<Attribute>) {
        let node = &mut self.0.borrow_mut()[*target];
        for attribute in attributes {
            if !node.attributes.iter().any(|known| known.name == attribute.name) {
                node.attributes.push(attribute);
            }
        }
    }

    fn remove_from_parent(&self, target: &usize) {
        self.detach(*target);
    }

    fn reparent_children(&self, node: &usize, new_parent: &usize) {
        let children = self.0.borrow()[*node].children.clone();
        for child in children {
            self.append(new_parent, NodeOrText::AppendNode(child));
        }
    }

    /// Only these elements can have a shadow root, and those with a name of their own (DOM 4.2.14).
    fn attach_declarative_shadow(&self, host: &usize, template: &usize, _: &[Attribute]) -> bool {
        const HOSTS: [&str; 8] = ["p", "div", "body", "span", "section", "main", "article", "header"];
        let name = self.elem_name(host).0;
        let is_html = &*name.ns == "http://www.w3.org/1999/xhtml";
        if !is_html || !(HOSTS.contains(&&*name.local) || name.local.contains('-')) {
            return false;
        }
        let contents = self.get_template_contents(template);
        self.append(host, NodeOrText::AppendNode(contents));
        true
    }
}

pub(super) fn parsed(page: &str, scripting: Scripting) -> Vec<Node> {
    let tree_builder =
        TreeBuilderOpts { scripting_enabled: scripting == Scripting::On, ..TreeBuilderOpts::default() };
    let tree = Tree(RefCell::new(vec![Node::default()]));
    parse_document(tree, ParseOpts { tree_builder, ..ParseOpts::default() }).one(page).0.into_inner()
}

/// What in this page would ask a held host for something, or run a held snippet.
pub(super) fn alive(page: &str, scripting: Scripting) -> Vec<String> {
    alive_below(page, scripting, None)
}

/// The same of a page whose relative addresses lead to `base`, until one of its own says otherwise.
fn alive_below(page: &str, scripting: Scripting, base: Option<&str>) -> Vec<String> {
    let nodes = parsed(page, scripting);
    let mut found = Vec::new();
    let (mut base, mut has_base) = (base.map(str::to_owned), false);
    let mut open = vec![0];
    while let Some(index) = open.pop() {
        open.extend(nodes[index].children.iter().rev());
        let Some(name) = &nodes[index].name else { continue };
        let is_base = &*name.local == "base" && &*name.ns == "http://www.w3.org/1999/xhtml";
        let href = nodes[index].attributes.iter().find(|attribute| &*attribute.name.local == "href");
        if let Some(href) = href.filter(|_| is_base && !has_base) {
            (base, has_base) = (Some(href.value.to_string()), true);
        }
        ask(&nodes, index, scripting, base.as_deref(), &mut found);
    }
    found
}

fn ask(nodes: &[Node], index: usize, scripting: Scripting, base: Option<&str>, found: &mut Vec<String>) {
    let node = &nodes[index];
    let name = node.name.as_ref().expect("asked of elements only");
    let element = name.local.to_ascii_lowercase().to_string();
    let is_svg = &*name.ns == "http://www.w3.org/2000/svg";
    let value = |wanted: &str| {
        let attribute = node.attributes.iter().find(|attribute| &*attribute.name.local == wanted);
        attribute.map(|attribute| attribute.value.to_string())
    };
    let kind = value("type").map(|kind| kind.trim().to_ascii_lowercase());
    let runs = kind.as_deref().is_none_or(|kind| matches!(kind, "" | "text/javascript" | "module"));
    let rel = value("rel").unwrap_or_default();
    let loading: &[&str] = match element.as_str() {
        "a" | "area" => &["ping"],
        "script" if is_svg && runs => &["href"],
        "image" | "use" | "feimage" if is_svg => &["href"],
        _ if is_svg => &[],
        "script" if runs => &["src"],
        "link" if ["preload", "preconnect", "dns-prefetch"].contains(&rel.as_str()) => &["href"],
        "img" => &["src", "srcset"],
        "iframe" if value("srcdoc").is_none() => &["src"],
        "frame" | "embed" | "source" | "audio" => &["src"],
        "video" => &["src", "poster"],
        "object" => &["data"],
        "body" | "table" | "tr" | "td" | "th" => &["background"],
        _ => &[],
    };
    for attribute in loading {
        let value = value(attribute).unwrap_or_default();
        if leads_out(attribute, &value) || is_led_out(base, attribute, &value) {
            found.push(format!("{element} {attribute}={value}"));
        }
    }
    if let Some(srcdoc) = value("srcdoc").filter(|_| element == "iframe" && !is_svg) {
        found.extend(alive_below(&srcdoc, scripting, base));
    }
    let address = if is_svg { "href" } else { "src" };
    if element == "script" && runs && value(address).is_none() {
        let text: String = node.children.iter().map(|child| nodes[*child].text.as_str()).collect();
        if is_snippet(&text) {
            found.push(text);
        }
    }
}

/// Is this a call of the tracker, and surely nothing of the shop's beside it? Other letters may be its own work.
pub(super) fn is_snippet(text: &str) -> bool {
    let mut parts = text.split("adspixel(");
    let first = parts.next().unwrap_or_default();
    let is_word = |letter: char| letter.is_alphabetic() || matches!(letter, '_' | '$') || !letter.is_ascii();
    let is_joined = |part: &str| part.ends_with(|letter: char| letter.is_ascii_digit());
    let mut rest = parts.peekable();
    rest.peek().is_some()
        && !first.contains(is_word)
        && !is_joined(first)
        && rest.all(|part| !part.contains(is_word) && !is_joined(part))
}

/// Does one of the addresses in `value` name a held host?
fn leads_out(attribute: &str, value: &str) -> bool {
    let is_candidates = ["srcset", "ping"].contains(&attribute);
    value.trim().split(|c: char| is_candidates && (c == ',' || c.is_whitespace())).any(|part| {
        let part = part.trim().to_ascii_lowercase();
        let rest = part.strip_prefix("https:").unwrap_or(&part);
        rest.starts_with("//ads.example") || rest.starts_with("//film.example")
    })
}

/// Is the first address in `value` relative, to a base on a held host?
fn is_led_out(base: Option<&str>, attribute: &str, value: &str) -> bool {
    let is_candidates = ["srcset", "ping"].contains(&attribute);
    let is_relative = |part: &str| {
        let is_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        let begins = part.find(|c| !is_scheme(c)).is_some_and(|at| at > 0 && part[at..].starts_with(':'));
        !part.is_empty() && !begins && !part.starts_with(['/', '\\', '?', '#'])
    };
    let mut parts = value.trim().split(|c: char| is_candidates && (c == ',' || c.is_whitespace()));
    base.is_some_and(|base| leads_out("href", base)) && parts.next().is_some_and(is_relative)
}

/// The ids of the forms in this page, and in which of them the elements of this name stand.
pub(super) fn forms(page: &str, scripting: Scripting, inside: &str) -> Vec<(String, usize)> {
    let nodes = parsed(page, scripting);
    let named =
        |index: usize, wanted: &str| nodes[index].name.as_ref().is_some_and(|name| &*name.local == wanted);
    let id = |index: usize| {
        let id = nodes[index].attributes.iter().find(|attribute| &*attribute.name.local == "id");
        id.map(|id| id.value.to_string()).unwrap_or_default()
    };
    let form_of = |index: usize| {
        std::iter::successors(Some(index), |at| nodes[*at].parent).find(|at| named(*at, "form"))
    };
    let all = (0..nodes.len()).filter(|index| named(*index, "form"));
    let count =
        |form: usize| (0..nodes.len()).filter(|at| named(*at, inside) && form_of(*at) == Some(form)).count();
    all.map(|form| (id(form), count(form))).collect()
}

#[test]
fn the_oracle_sees_what_a_browser_sees() {
    let table = [
        ("<img src=//ads.example>", 1),
        ("<noscript><img src=//ads.example></noscript>", 0),
        ("<template><img src=//ads.example></template>", 0),
        ("<p><template shadowrootmode=open><img src=//ads.example></template>", 1),
        ("<svg><style><img src=//ads.example></style></svg>", 1),
        ("<table><img src=//ads.example><tr>", 1),
        ("<iframe srcdoc='&lt;script>adspixel(1)&lt;/script>'></iframe>", 1),
        ("<svg><script>adspixel(1)</script><image xlink:href='//ADS.example'/></svg>", 2),
        ("<img src=a><base href=//ads.example/><base href=/><img src=a><img src=//own.example/>", 1),
        ("<base href=/><base href=//ads.example/><img src=a>", 0),
        ("<textarea><img src=//ads.example></textarea><!--<img src=//ads.example>-->", 0),
    ];
    for (page, count) in table {
        assert_eq!(alive(page, Scripting::On).len(), count, "{page}");
    }
    assert_eq!(alive("<noscript><img src=//ads.example></noscript>", Scripting::Off).len(), 1);
}

#[test]
fn the_oracle_sees_that_a_form_in_a_form_is_none() {
    let page = "<form id=a><p><form id=b><input></form><form id=c><input><input></form>";
    assert_eq!(forms(page, Scripting::On, "input"), [("a".into(), 1), ("c".into(), 2)]);
}
