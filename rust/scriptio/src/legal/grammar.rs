//! [`Grammar`]: what headings look like in one legal system. Read from data.
//!
//! The files of `data/legal` are TOML, restricted to one table array and to
//! strings, booleans, integers and one-line arrays of strings, so that a
//! reader of sixty lines does and the core needs no TOML at run time. A test
//! reads every file with a real parser as well.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::numbering::Numerals;
use crate::Error;

/// Where the title of a heading stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Title {
    /// Nowhere.
    #[default]
    None,
    /// Behind the number, to the end of the line.
    Same,
    /// Behind the number, or if nothing stands there on the next line.
    Next,
    /// On the line before, in brackets; otherwise nowhere.
    Before,
    /// Behind the number up to a stop and a dash, and text goes on: `(a) In General.— The`.
    RunIn,
}

/// A way to print a heading: what stands before the number and what behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) before: String,
    pub(crate) after: String,
    /// Whether there is a number between the two.
    pub(crate) numbered: bool,
    /// Without a label a number alone begins the line.
    pub(crate) bare: bool,
    /// The form is the whole line.
    pub(crate) whole: bool,
}

/// A level of headings.
#[allow(clippy::struct_excessive_bools)] // Independent facts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Level {
    pub(crate) kind: String,
    pub(crate) forms: Vec<Form>,
    pub(crate) numbers: Vec<Numerals>,
    pub(crate) title: Title,
    /// The unit that is cited, whose numbers run through the document.
    pub(crate) section: bool,
    /// Numbers of this level run on under a new parent, without being the citable unit.
    pub(crate) flow: bool,
    /// An enumerated part of a section.
    pub(crate) item: bool,
    /// Numbering begins anew inside: annexes.
    pub(crate) isolates: bool,
    /// The kind that the level has inside an annex, where it is another one; or nothing.
    pub(crate) annexed: String,
    /// The kind that the level has right below one that has lists there; or nothing.
    pub(crate) listed: String,
    /// Nothing may stand before what this is annexed to.
    pub(crate) behind: bool,
    /// Begins only where a line of its own is: nothing but a title follows.
    pub(crate) alone: bool,
    /// How many parts a number has; 0 for any.
    pub(crate) parts: usize,
    /// Whether the number begins with that of the parent.
    pub(crate) prefix: bool,
    /// What is learned of the order of levels may not move this one.
    pub(crate) fixed: bool,
    /// What must be left of a line behind the number: `1 Title` needs a capital.
    pub(crate) capital: bool,
    /// Begins with a title: nothing but a number tells it from an element of a list.
    pub(crate) heading: bool,
    /// What is numbered right below it are lists, not sections.
    pub(crate) lists: bool,
    /// Weak evidence: costs more to accept, less to reject.
    pub(crate) weak: bool,
    /// The first of a list is not numbered: lists begin with 2.
    pub(crate) implicit: bool,
}

/// The heading grammar of one legal system.
#[derive(Debug, Clone, Default)]
pub(crate) struct Grammar {
    pub(crate) name: String,
    pub(crate) levels: Vec<Level>,
    /// Words behind a number that make it a reference.
    pub(crate) connectives: Vec<String>,
    /// Words at the end of a line that make the number on the next one a reference.
    pub(crate) leads: Vec<String>,
    /// Beginnings of lines that announce what is in no list before them.
    pub(crate) closes: Vec<String>,
    /// Ends of lines behind which text of another law is quoted.
    pub(crate) quotes: Vec<String>,
    /// Words that only texts of this system have.
    pub(crate) hints: Vec<String>,
    /// Words that address the reader, of which such texts are full.
    pub(crate) address: Vec<String>,
    /// Lists are numbered in any order of levels.
    pub(crate) lists: bool,
    /// Headings without a number are told by layout.
    pub(crate) layout: bool,
    /// Unnumbered headings above sections (cross-headings) are told by layout.
    pub(crate) crossheadings: bool,
    /// `(level, form)` by the first byte of a form, plus those that begin with a number.
    first: HashMap<u8, Vec<(u8, u8)>>,
    bare: Vec<(u8, u8)>,
}

const SOURCES: [(&str, &str); 17] = [
    ("cn", include_str!("../../data/legal/cn.toml")),
    ("de", include_str!("../../data/legal/de.toml")),
    ("es", include_str!("../../data/legal/es.toml")),
    ("eu", include_str!("../../data/legal/eu.toml")),
    ("fr", include_str!("../../data/legal/fr.toml")),
    ("in", include_str!("../../data/legal/in.toml")),
    ("it", include_str!("../../data/legal/it.toml")),
    ("jp", include_str!("../../data/legal/jp.toml")),
    ("kr", include_str!("../../data/legal/kr.toml")),
    ("pt", include_str!("../../data/legal/pt.toml")),
    ("th", include_str!("../../data/legal/th.toml")),
    ("tos", include_str!("../../data/legal/tos.toml")),
    ("uk", include_str!("../../data/legal/uk.toml")),
    ("us-bill", include_str!("../../data/legal/us-bill.toml")),
    ("us-code", include_str!("../../data/legal/us-code.toml")),
    ("us-contract", include_str!("../../data/legal/us-contract.toml")),
    ("za", include_str!("../../data/legal/za.toml")),
];

/// The grammars, read at the first use: each is a page of text.
static GRAMMARS: LazyLock<Vec<Grammar>> = LazyLock::new(|| {
    SOURCES.iter().map(|(name, source)| read(name, source).unwrap_or_default()).collect()
});

/// The names of all legal systems, sorted.
pub fn systems() -> impl ExactSizeIterator<Item = &'static str> {
    SOURCES.iter().map(|&(name, _)| name)
}

impl Grammar {
    /// The grammar of a system.
    pub(crate) fn named(name: &str) -> Result<&'static Self, Error> {
        GRAMMARS.iter().find(|grammar| grammar.name == name).ok_or_else(|| {
            let known = systems().collect::<Vec<_>>().join(", ");
            Error::invalid(format!(
                "unknown system {name:?}; known: {known}; use \"auto\" to have it found"
            ))
        })
    }

    pub(crate) fn all() -> &'static [Self] {
        &GRAMMARS
    }

    pub(crate) fn level(&self, level: u8) -> Option<&Level> {
        self.levels.get(usize::from(level))
    }

    /// The forms that a line with this first byte may have.
    pub(crate) fn forms_at(&self, first: u8) -> &[(u8, u8)] {
        self.first.get(&first).map_or(&[], Vec::as_slice)
    }

    /// The forms that begin with the number itself.
    pub(crate) fn bare_forms(&self) -> &[(u8, u8)] {
        &self.bare
    }

    fn index(&mut self) {
        let mut first: HashMap<u8, Vec<(u8, u8)>> = HashMap::new();
        let mut bare = Vec::new();
        for (at, level) in self.levels.iter().enumerate() {
            for (which, form) in level.forms.iter().enumerate() {
                let place = (at as u8, which as u8);
                match form.before.bytes().next() {
                    Some(byte) => first.entry(byte).or_default().push(place),
                    None => bare.push(place),
                }
            }
        }
        self.first = first;
        self.bare = bare;
    }
}

/// A value of the restricted TOML.
enum Value {
    Text(String),
    List(Vec<String>),
    Flag(bool),
    Count(usize),
}

impl Value {
    fn parse(text: &str) -> Result<Self, String> {
        if let Some(inner) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
            let mut items = Vec::new();
            let mut rest = inner.trim();
            while let Some(tail) = rest.strip_prefix('"') {
                let (item, tail) = tail.split_once('"').ok_or("a string does not end")?;
                items.push(item.to_owned());
                rest = tail.trim_start().trim_start_matches(',').trim_start();
            }
            return if rest.is_empty() { Ok(Self::List(items)) } else { Err(rest.to_owned()) };
        }
        if let Some(inner) = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) {
            return Ok(Self::Text(inner.to_owned()));
        }
        match text {
            "true" => Ok(Self::Flag(true)),
            "false" => Ok(Self::Flag(false)),
            _ => text.parse().map(Self::Count).map_err(|_| format!("{text} is no value")),
        }
    }

    fn text(self) -> Result<String, String> {
        if let Self::Text(text) = self { Ok(text) } else { Err("expected a string".into()) }
    }

    fn list(self) -> Result<Vec<String>, String> {
        if let Self::List(list) = self { Ok(list) } else { Err("expected a list".into()) }
    }

    fn flag(self) -> Result<bool, String> {
        if let Self::Flag(flag) = self { Ok(flag) } else { Err("expected true or false".into()) }
    }

    fn count(self) -> Result<usize, String> {
        if let Self::Count(count) = self { Ok(count) } else { Err("expected a number".into()) }
    }
}

/// Reads a grammar.
fn read(name: &str, source: &str) -> Result<Grammar, String> {
    let mut grammar = Grammar { name: name.to_owned(), ..Grammar::default() };
    for (number, line) in source.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line == "[[level]]" {
            grammar.levels.push(Level::default());
            continue;
        }
        set(&mut grammar, line).map_err(|why| format!("{name}, line {}: {why}", number + 1))?;
    }
    grammar.index();
    Ok(grammar)
}

fn set(grammar: &mut Grammar, line: &str) -> Result<(), String> {
    let (key, value) = line.split_once('=').ok_or("expected key = value")?;
    let value = Value::parse(value.trim())?;
    let Some(level) = grammar.levels.last_mut() else {
        match key.trim() {
            "connectives" => grammar.connectives = value.list()?,
            "leads" => grammar.leads = value.list()?,
            "closes" => grammar.closes = value.list()?,
            "quotes" => grammar.quotes = value.list()?,
            "address" => grammar.address = value.list()?,
            "hints" => grammar.hints = value.list()?,
            "lists" => grammar.lists = value.flag()?,
            "layout" => grammar.layout = value.flag()?,
            "crossheadings" => grammar.crossheadings = value.flag()?,
            other => return Err(format!("unknown key {other}")),
        }
        return Ok(());
    };
    match key.trim() {
        "kind" => level.kind = value.text()?,
        "annexed" => level.annexed = value.text()?,
        "listed" => level.listed = value.text()?,
        "behind" => level.behind = value.flag()?,
        "forms" => level.forms = value.list()?.iter().flat_map(|form| forms_of(form)).collect(),
        "numbers" => {
            for name in value.list()? {
                let numerals = Numerals::named(&name).ok_or(format!("unknown numerals {name}"))?;
                level.numbers.push(numerals);
            }
        }
        "title" => {
            level.title = match value.text()?.as_str() {
                "same" => Title::Same,
                "next" => Title::Next,
                "before" => Title::Before,
                "run-in" => Title::RunIn,
                "none" => Title::None,
                other => return Err(format!("unknown title {other}")),
            }
        }
        "section" => level.section = value.flag()?,
        "flow" => level.flow = value.flag()?,
        "item" => level.item = value.flag()?,
        "isolates" => level.isolates = value.flag()?,
        "alone" => level.alone = value.flag()?,
        "prefix" => level.prefix = value.flag()?,
        "fixed" => level.fixed = value.flag()?,
        "capital" => level.capital = value.flag()?,
        "heading" => level.heading = value.flag()?,
        "lists" => level.lists = value.flag()?,
        "weak" => level.weak = value.flag()?,
        "implicit" => level.implicit = value.flag()?,
        "parts" => level.parts = value.count()?,
        other => return Err(format!("unknown key {other}")),
    }
    Ok(())
}

/// The form of a pattern such as `Article #`, and the same in capitals.
fn forms_of(pattern: &str) -> Vec<Form> {
    let form = |pattern: &str| {
        let whole = pattern.ends_with('$');
        let pattern = pattern.trim_end_matches('$');
        let (before, after) = pattern.split_once('#').unwrap_or((pattern, ""));
        Form {
            before: before.to_owned(),
            after: after.to_owned(),
            numbered: pattern.contains('#'),
            bare: before.is_empty(),
            whole,
        }
    };
    let mut forms = vec![form(pattern)];
    let upper = pattern.to_uppercase();
    if upper != pattern {
        forms.push(form(&upper));
    }
    forms
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A failure is the message.
mod tests {
    use super::*;

    #[test]
    fn every_grammar_is_read_and_is_toml() {
        for (name, source) in SOURCES {
            let grammar = read(name, source).unwrap();
            let table: toml::Table = source.parse().unwrap();
            assert_eq!(table["level"].as_array().unwrap().len(), grammar.levels.len(), "{name}");
            assert!(grammar.levels.len() < 40, "{name}");
            for level in &grammar.levels {
                assert!(!level.kind.is_empty() && !level.forms.is_empty(), "{name}");
                let numbered = level.forms.iter().any(|form| form.numbered);
                assert_eq!(numbered, !level.numbers.is_empty(), "{name} {}", level.kind);
            }
        }
    }

    #[test]
    fn a_wrong_grammar_is_refused_with_its_line() {
        let error = read("x", "[[level]]\nkind = \"a\"\nnumbers = [\"egyptian\"]").unwrap_err();
        assert_eq!(error, "x, line 3: unknown numerals egyptian");
    }

    #[test]
    fn an_unknown_system_is_named_with_the_known_ones() {
        let error = Grammar::named("fi").unwrap_err().to_string();
        assert!(error.contains("\"fi\"") && error.contains("us-bill") && error.contains("auto"));
    }
}
