//! Reads Rust well enough for the tidy tests: what is code, what is comment or literal, where functions end, where
//! tests begin. It knows no grammar; `rustfmt` has put everything where it is looked for.

use std::path::{Path, PathBuf};

/// One file of ours.
pub(super) struct Source {
    /// Path from the crate's root, with `/`.
    pub(super) path: String,
    /// As written.
    pub(super) text: String,
    /// Of the same length, with comments and the insides of literals blanked.
    pub(super) code: String,
    /// Where each text literal begins, and what it says.
    pub(super) literals: Vec<(usize, String)>,
    /// Where its tests begin; the length when it has none, 0 when it has nothing else.
    pub(super) tests_at: usize,
}

impl Source {
    fn new(path: String, text: String) -> Self {
        let (code, literals) = blanked(&text);
        let is_tests = path.split(['/', '.']).any(|part| matches!(part, "tests" | "benches"));
        let tests_at = if is_tests { 0 } else { tests_in(&code) };
        Self { path, text, code, literals, tests_at }
    }

    /// The files of modules that exist for tests only, without their endings.
    fn test_modules(&self) -> impl Iterator<Item = String> {
        let folder = self.path.trim_end_matches(".rs").trim_end_matches("/mod").to_owned();
        let declared = self.code.match_indices("#[cfg(test)]\n").filter_map(|(at, mark)| {
            let line = self.code[at + mark.len()..].lines().next()?.trim();
            Some(line.split_once("mod ")?.1.strip_suffix(';')?.to_owned())
        });
        declared.map(move |name| format!("{folder}/{name}"))
    }

    /// Is there anything in it beside tests and benches?
    pub(super) fn is_program(&self) -> bool {
        self.tests_at > 0
    }

    /// The code without its tests.
    pub(super) fn program(&self) -> &str {
        &self.code[..self.tests_at]
    }

    /// The room it stands in.
    pub(super) fn room(&self) -> &str {
        let inside = self.path.trim_start_matches("src/");
        inside.split(['/', '.']).next().unwrap_or_default()
    }

    /// How many `super::` lead from it to the crate's root.
    fn depth(&self) -> usize {
        let inside = self.path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
        inside.split('/').count()
    }
}

/// Every Rust file of the program, its tests and its benches.
pub(super) fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for folder in ["src", "tests", "benches"] {
        collect(&root.join(folder), &mut paths);
    }
    paths.sort();
    let read = |path: PathBuf| {
        let inside = path.strip_prefix(root).expect("paths begin with the root");
        let inside: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
        Source::new(inside.join("/"), std::fs::read_to_string(&path).expect("sources are UTF-8"))
    };
    let mut sources: Vec<Source> = paths.into_iter().map(read).collect();
    let of_tests: Vec<String> = sources.iter().flat_map(Source::test_modules).collect();
    for source in &mut sources {
        let module = source.path.trim_end_matches(".rs").trim_end_matches("/mod");
        if of_tests.iter().any(|tests| module == tests || module.starts_with(&format!("{tests}/"))) {
            source.tests_at = 0;
        }
    }
    sources
}

/// Where the module of tests begins that ends a file.
fn tests_in(code: &str) -> usize {
    const MARK: &str = "\n#[cfg(test)]\n";
    let is_module = |at: &usize| {
        let line = code[at + MARK.len()..].lines().next().unwrap_or_default();
        line.contains("mod ") && line.ends_with('{')
    };
    code.match_indices(MARK).map(|(at, _)| at).find(is_module).map_or(code.len(), |at| at + 1)
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

/// The rooms that the program's code in `source` names, and on which lines.
pub(super) fn imports(source: &Source) -> Vec<(usize, String)> {
    let code = source.program();
    let root = "super::".repeat(source.depth());
    let mut found = Vec::new();
    for start in ["crate::", "consentry::", &root] {
        for (at, _) in code.match_indices(start) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '$') {
                continue;
            }
            let line = code[..at].matches('\n').count() + 1;
            found.extend(first_words(&code[at + start.len()..]).into_iter().map(|word| (line, word)));
        }
    }
    found
}

/// The first words of what is imported: one, or several in braces.
fn first_words(code: &str) -> Vec<String> {
    let word = |code: &str| code.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(group) = code.strip_prefix('{') else { return vec![word(code)] };
    let mut words = Vec::new();
    let mut depth = 0;
    let mut is_start = true;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => is_start = true,
            c if is_start && !c.is_whitespace() => {
                words.push(word(&group[at..]));
                is_start = false;
            }
            _ => {}
        }
    }
    words
}

/// Every function with a body: its line, its name and how many lines it takes.
pub(super) fn functions(code: &str) -> Vec<(usize, String, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    for (number, line) in code.split_inclusive('\n').enumerate() {
        let head = line.trim_start();
        let is_head = head.split_once("fn ").is_some_and(|(before, _)| {
            let words = ["pub", "async", "const", "extern", "unsafe", "default"];
            before
                .split_whitespace()
                .all(|word| words.iter().any(|known| word.starts_with(known)) || word == "\"\"")
        });
        if is_head {
            let name = head.split_once("fn ").map_or("", |(_, after)| after);
            let name = name.split(['(', '<']).next().unwrap_or_default().to_owned();
            found.extend(
                body_end(&code[at..]).map(|end| (number + 1, name, code[at..at + end].lines().count())),
            );
        }
        at += line.len();
    }
    found
}

/// Where the body that begins after the head ends; `None` when a semicolon stands for it.
fn body_end(code: &str) -> Option<usize> {
    let mut braces = 0;
    let mut brackets = 0;
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets -= 1,
            ';' if braces == 0 && brackets == 0 => return None,
            '{' => braces += 1,
            '}' => {
                braces -= 1;
                if braces == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// `text` with comments and the insides of literals blanked byte by byte, and the text literals.
fn blanked(text: &str) -> (String, Vec<(usize, String)>) {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut literals = Vec::new();
    let mut blank = |from: usize, to: usize| {
        code[from..to].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
    };
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let in_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
        if rest.starts_with("//") {
            let end = at + rest.find('\n').unwrap_or(rest.len());
            blank(at, end);
            at = end;
        } else if rest.starts_with("/*") {
            let end = at + rest.find("*/").map_or(rest.len(), |end| end + 2);
            blank(at, end);
            at = end;
        } else if let Some((open, length)) = literal(rest, in_word) {
            blank(at + open, at + length.max(open + 1) - 1);
            if rest.as_bytes()[open - 1] != b'\'' {
                literals.push((at, rest[open..length.max(open + 1) - 1].to_owned()));
            }
            at += length;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    (String::from_utf8_lossy(&code).into_owned(), literals)
}

/// A literal at the start of `rest`: where its inside begins, and where the whole of it ends.
fn literal(rest: &str, in_word: bool) -> Option<(usize, usize)> {
    let start = if in_word { rest } else { rest.trim_start_matches('b') };
    let prefix = rest.len() - start.len();
    if prefix > 1 {
        return None;
    }
    if let Some(raw) = start.strip_prefix('r').filter(|_| !in_word) {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let inside = raw[hashes..].strip_prefix('"')?;
        let end = inside.find(&format!("\"{}", "#".repeat(hashes))).unwrap_or(inside.len());
        let open = prefix + 1 + hashes + 1;
        return Some((open, (open + end + 1 + hashes).min(rest.len())));
    }
    let quote = start.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    if quote == '\'' && !is_char(start) {
        return None;
    }
    let mut escaped = false;
    for (at, c) in start.char_indices().skip(1) {
        if c == quote && !escaped {
            return Some((prefix + 1, prefix + at + 1));
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

/// Is it a character, and no lifetime?
fn is_char(start: &str) -> bool {
    let mut chars = start.chars().skip(1);
    let first = chars.next();
    first == Some('\\') || chars.next() == Some('\'')
}

#[test]
fn comments_and_literals_are_no_code() {
    let text =
        "let a = \"x // y\"; // unsafe\nlet b = r#\"un\"safe\"#; /* unsafe */ let c = '\"'; fn d<'a>() {}\n";
    let (code, literals) = blanked(text);
    assert_eq!(code.len(), text.len());
    assert!(!code.contains("safe") && code.contains("fn d<'a>() {}"), "{code}");
    let said: Vec<&str> = literals.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(&said[..1], ["x // y"]);
}

#[test]
fn arrows_are_found_in_every_form() {
    let text =
        "use crate::{banner::{Banner, crate_x}, config};\nuse super::super::store;\nlet x = crate::app::y;\n";
    let source = Source::new("src/proxy/origin.rs".to_owned(), text.to_owned());
    let rooms: Vec<String> = imports(&source).into_iter().map(|(_, room)| room).collect();
    assert_eq!(rooms, ["banner", "config", "app", "store"]);
}

#[test]
fn length_of_a_function_counts_its_head_and_its_last_brace() {
    let code = "trait T { fn a(&self); }\npub async fn b(x: [u8; 2])\nwhere\n    X: Y,\n{\n    c { }\n}\nfn d() {}\n";
    let found = functions(code);
    assert_eq!(found, [(2, "b".to_owned(), 6), (8, "d".to_owned(), 1)]);
}

#[test]
fn tests_are_told_from_the_program() {
    let text = "fn a() {}\n\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n";
    let source = Source::new("src/clock.rs".to_owned(), text.to_owned());
    assert_eq!(source.program(), "fn a() {}\n\n");
    assert!(!Source::new("src/clock/tests.rs".to_owned(), text.to_owned()).is_program());
    let text = "#[cfg(test)]\nmod sample;\n\nfn a() {}\n";
    let source = Source::new("src/counting/place.rs".to_owned(), text.to_owned());
    assert_eq!(source.program(), text);
    assert_eq!(source.test_modules().collect::<Vec<_>>(), ["src/counting/place/sample"]);
}
