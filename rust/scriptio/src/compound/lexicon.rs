//! [`Lexicon`]: words and how frequent they are, as a compact automaton.
//!
//! A minimal acyclic automaton (Daciuk et al. 2000) whose labels are codes of
//! characters: endings and classes are shared, so that a hundred thousand
//! German words take half a megabyte and are used as they lie in the file. One
//! walk from a place in a word finds every lexicon word that begins there.

use std::collections::HashMap;

use crate::Error;

/// Frequency classes, 1 the most frequent; 0 stands for "no word".
pub(super) const CLASSES: u8 = 7;

/// Ranks from which on words are of the next class.
const RANKS: [usize; CLASSES as usize - 1] = [1_000, 4_000, 10_000, 25_000, 50_000, 100_000];

/// The class of words that come without a frequency.
const UNRANKED: u8 = 5;

/// Characters that a lexicon may be written in.
const MAX_ALPHABET: usize = 127;

/// Characters whose code is found by a table.
const TABLE: usize = 0x600;

/// Layout of an edge: label, whether it is the last of its node, the value of
/// the word that ends there, and where the edges of the next node begin.
const LABEL_BITS: u32 = 7;
const LAST: u32 = 1 << LABEL_BITS;
const VALUE_SHIFT: u32 = LABEL_BITS + 1;
const VALUE_MASK: u32 = 0xF;
const TARGET_SHIFT: u32 = VALUE_SHIFT + 4;
const MAX_EDGES: usize = 1 << (u32::BITS - TARGET_SHIFT);

/// A word of a lexicon, as it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The word, in any case.
    pub word: String,
    /// Whether it is written with a capital where the language capitalises nouns.
    pub noun: bool,
}

/// Words with their frequency classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lexicon {
    /// Characters by code, less one; the most frequent first, so that siblings are found soon.
    alphabet: Vec<char>,
    codes: Vec<u8>,
    /// Edges of all nodes, those of a node in a row. The first is nobody's.
    edges: Vec<u32>,
    /// Edges of the root by code.
    roots: Vec<u32>,
}

/// A step of a walk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step(u32);

impl Step {
    fn value(self) -> u8 {
        (self.0 >> VALUE_SHIFT & VALUE_MASK) as u8
    }

    /// The class of the word that ends here; 0 if none does.
    #[inline]
    pub fn class(self) -> u8 {
        class_of(self.value())
    }

    fn target(self) -> usize {
        (self.0 >> TARGET_SHIFT) as usize
    }
}

#[inline]
fn class_of(value: u8) -> u8 {
    if value > CLASSES { value - CLASSES } else { value }
}

impl Lexicon {
    /// The lexicon without words.
    pub fn empty() -> Self {
        Self::from_edges(Vec::new(), vec![0], 0)
    }

    /// The lexicon of `entries`, the most frequent first if they are `ranked`.
    ///
    /// Words are folded; those with characters beyond the 127 most frequent
    /// ones are left out, as are single characters.
    ///
    /// # Errors
    /// The automaton would be too large.
    pub fn new(entries: &[Entry], ranked: bool) -> Result<Self, Error> {
        let folded: Vec<String> = entries.iter().map(|e| super::fold::folded(&e.word)).collect();
        let mut counts: HashMap<char, usize> = HashMap::new();
        for c in folded.iter().flat_map(|word| word.chars()) {
            *counts.entry(c).or_default() += 1;
        }
        let mut alphabet: Vec<(usize, char)> = counts.into_iter().map(|(c, n)| (n, c)).collect();
        alphabet.sort_unstable_by_key(|&(count, c)| (usize::MAX - count, c));
        alphabet.truncate(MAX_ALPHABET);
        let alphabet: Vec<char> = alphabet.into_iter().map(|(_, c)| c).collect();
        let codes = codes_of(&alphabet);
        let mut keys: Vec<(Vec<u8>, u8)> = Vec::with_capacity(entries.len());
        for (rank, (entry, word)) in entries.iter().zip(&folded).enumerate() {
            let key: Vec<u8> = word.chars().map(|c| code_in(&alphabet, &codes, c)).collect();
            if key.len() > 1 && !key.contains(&0) {
                let class = if ranked { class_of_rank(rank) } else { UNRANKED };
                keys.push((key, class + if entry.noun { CLASSES } else { 0 }));
            }
        }
        Self::build(alphabet, keys)
    }

    fn build(alphabet: Vec<char>, mut keys: Vec<(Vec<u8>, u8)>) -> Result<Self, Error> {
        // Of equal words the most frequent counts, and a noun is one wherever it is.
        keys.sort_unstable_by(|left, right| {
            left.0.cmp(&right.0).then(class_of(left.1).cmp(&class_of(right.1)))
        });
        keys.dedup_by(|later, first| {
            let same = later.0 == first.0;
            if same && later.1 > CLASSES && first.1 <= CLASSES {
                first.1 += CLASSES;
            }
            same
        });
        let mut builder = Builder { edges: vec![0], known: HashMap::new(), path: vec![Vec::new()] };
        let mut before: &[u8] = &[];
        for (key, value) in &keys {
            let same = before.iter().zip(key).take_while(|(left, right)| left == right).count();
            builder.close(same)?;
            for &code in key.iter().skip(same) {
                if let Some(node) = builder.path.last_mut() {
                    node.push(u32::from(code));
                }
                builder.path.push(Vec::new());
            }
            let depth = builder.path.len();
            if let Some(edge) =
                builder.path.get_mut(depth.wrapping_sub(2)).and_then(|node| node.last_mut())
            {
                *edge |= u32::from(*value) << VALUE_SHIFT;
            }
            before = key;
        }
        builder.close(0)?;
        // The root comes last even where another node has the same edges: the reader finds it there.
        let root = builder.path.pop().unwrap_or_default();
        builder.known.clear();
        let root = builder.node(root)?;
        Ok(Self::from_edges(alphabet, builder.edges, root))
    }

    /// The automaton whose root's edges begin at `root`.
    fn from_edges(alphabet: Vec<char>, edges: Vec<u32>, root: u32) -> Self {
        let mut lexicon =
            Self { codes: codes_of(&alphabet), alphabet, edges, roots: vec![0; MAX_ALPHABET + 1] };
        for code in 1..=MAX_ALPHABET {
            let found = lexicon.child(root as usize, code as u8);
            if let (Some(step), Some(place)) = (found, lexicon.roots.get_mut(code)) {
                *place = step.0;
            }
        }
        lexicon
    }

    /// The code of `c`; 0 if no word has it.
    #[inline]
    pub fn code(&self, c: char) -> u8 {
        code_in(&self.alphabet, &self.codes, c)
    }

    /// The edge with label `code` among those that begin at `at`.
    #[inline]
    fn child(&self, at: usize, code: u8) -> Option<Step> {
        if at == 0 {
            return None;
        }
        for &edge in self.edges.get(at..)? {
            let label = edge & (LAST - 1);
            if label >= u32::from(code) {
                return (label == u32::from(code)).then_some(Step(edge));
            }
            if edge & LAST != 0 {
                return None;
            }
        }
        None
    }

    /// The first step of a walk.
    #[inline]
    pub fn first(&self, code: u8) -> Option<Step> {
        let edge = self.roots.get(usize::from(code)).copied().unwrap_or_default();
        (edge != 0).then_some(Step(edge))
    }

    /// The step after `step`.
    #[inline]
    pub fn next(&self, step: Step, code: u8) -> Option<Step> {
        self.child(step.target(), code)
    }

    fn value_of(&self, word: &str) -> u8 {
        let mut step = None;
        for c in word.chars() {
            let code = self.code(c);
            let found = match step {
                None => self.first(code),
                Some(step) => self.next(step, code),
            };
            let Some(found) = found else { return 0 };
            step = Some(found);
        }
        step.map_or(0, Step::value)
    }

    /// The class of a folded word; 0 if it is not in the lexicon.
    pub fn class_of(&self, word: &str) -> u8 {
        class_of(self.value_of(word))
    }

    /// Whether a folded word is a noun to be capitalised.
    pub fn is_noun(&self, word: &str) -> bool {
        self.value_of(word) > CLASSES
    }

    /// A lexicon that has `words` as well, in the class of unranked words if
    /// they are new.
    ///
    /// # Errors
    /// The automaton would be too large.
    pub fn with_words(&self, words: &[Entry]) -> Result<Self, Error> {
        let mut alphabet = self.alphabet.clone();
        let added: Vec<String> = words.iter().map(|e| super::fold::folded(&e.word)).collect();
        for c in added.iter().flat_map(|word| word.chars()) {
            if !alphabet.contains(&c) && alphabet.len() < MAX_ALPHABET {
                alphabet.push(c);
            }
        }
        let codes = codes_of(&alphabet);
        let mut keys = self.keys();
        for (entry, word) in words.iter().zip(&added) {
            let key: Vec<u8> = word.chars().map(|c| code_in(&alphabet, &codes, c)).collect();
            if key.len() > 1 && !key.contains(&0) {
                keys.push((key, UNRANKED + if entry.noun { CLASSES } else { 0 }));
            }
        }
        Self::build(alphabet, keys)
    }

    /// All words in codes, with their values.
    fn keys(&self) -> Vec<(Vec<u8>, u8)> {
        let mut keys = Vec::new();
        let mut open: Vec<(Vec<u8>, Step)> = Vec::new();
        let step_of = |code: usize| self.first(code as u8).map(|step| (vec![code as u8], step));
        open.extend((1..=MAX_ALPHABET).filter_map(step_of));
        while let Some((key, step)) = open.pop() {
            let mut at = step.target();
            while at != 0 {
                let Some(&edge) = self.edges.get(at) else { break };
                let mut longer = key.clone();
                longer.push((edge & (LAST - 1)) as u8);
                open.push((longer, Step(edge)));
                at = if edge & LAST == 0 { at + 1 } else { 0 };
            }
            if step.value() != 0 {
                keys.push((key, step.value()));
            }
        }
        keys
    }

    /// Number of words.
    pub fn len(&self) -> usize {
        self.keys().len()
    }

    /// The parts that are written to a file: alphabet, edges, and the root's first edge.
    pub fn parts(&self) -> (&[char], &[u32]) {
        (&self.alphabet, &self.edges)
    }

    /// The lexicon that was written as `alphabet` and `edges`; nothing if they
    /// could not have been written.
    pub fn from_parts(alphabet: Vec<char>, edges: Vec<u32>) -> Option<Self> {
        let sound = alphabet.len() <= MAX_ALPHABET
            && edges.len() <= MAX_EDGES
            && edges.first() == Some(&0)
            && (edges.len() == 1 || edges.last().is_some_and(|edge| edge & LAST != 0))
            && leads_back(&edges)
            && edges.iter().all(|&edge| edge & (LAST - 1) <= alphabet.len() as u32);
        if !sound {
            return None;
        }
        // The root is written last.
        let ends = |&at: &usize| edges.get(at).is_some_and(|edge| edge & LAST != 0);
        let root = (1..edges.len().saturating_sub(1)).rev().find(ends).map_or(1, |at| at + 1);
        let root = if edges.len() == 1 { 0 } else { root as u32 };
        Some(Self::from_edges(alphabet, edges, root))
    }
}

/// Whether every node comes after those that it leads to: then there is no way round in circles.
fn leads_back(edges: &[u32]) -> bool {
    let mut node = 1;
    for (at, &edge) in edges.iter().enumerate().skip(1) {
        if Step(edge).target() >= node {
            return false;
        }
        if edge & LAST != 0 {
            node = at + 1;
        }
    }
    true
}

/// The class of the word at `rank` in a list by falling frequency.
fn class_of_rank(rank: usize) -> u8 {
    RANKS.iter().take_while(|&&from| rank >= from).count() as u8 + 1
}

fn codes_of(alphabet: &[char]) -> Vec<u8> {
    let mut codes = vec![0; TABLE];
    for (rank, &c) in alphabet.iter().enumerate() {
        if let Some(code) = codes.get_mut(c as usize) {
            *code = rank as u8 + 1;
        }
    }
    codes
}

#[inline]
fn code_in(alphabet: &[char], codes: &[u8], c: char) -> u8 {
    match codes.get(c as usize) {
        Some(&code) => code,
        None => alphabet.iter().position(|&known| known == c).map_or(0, |at| at as u8 + 1),
    }
}

/// Builds the automaton from sorted words.
struct Builder {
    edges: Vec<u32>,
    /// Nodes that are complete, by their edges.
    known: HashMap<Vec<u32>, u32>,
    /// The nodes on the way to the last word, which may still get edges.
    path: Vec<Vec<u32>>,
}

impl Builder {
    /// Complete the nodes that are deeper than `depth`.
    fn close(&mut self, depth: usize) -> Result<(), Error> {
        while self.path.len() > depth + 1 {
            let node = self.path.pop().unwrap_or_default();
            let at = self.node(node)?;
            if let Some(edge) = self.path.last_mut().and_then(|node| node.last_mut()) {
                *edge |= at << TARGET_SHIFT;
            }
        }
        Ok(())
    }

    /// Where the edges of a complete node begin.
    fn node(&mut self, mut node: Vec<u32>) -> Result<u32, Error> {
        let Some(last) = node.last_mut() else {
            return Ok(0);
        };
        *last |= LAST;
        if let Some(&at) = self.known.get(&node) {
            return Ok(at);
        }
        let at = self.edges.len();
        if at + node.len() > MAX_EDGES {
            return Err(Error::invalid(
                "the word list is too large for a lexicon; keep the most frequent words alone, \
                 100,000 are plenty",
            ));
        }
        self.edges.extend(&node);
        self.known.insert(node, at as u32);
        Ok(at as u32)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A panic is how a test fails.
mod tests {
    use super::*;

    fn lexicon(words: &[&str]) -> Lexicon {
        let entry = |word: &&str| Entry {
            word: (*word).to_owned(),
            noun: word.starts_with(char::is_uppercase),
        };
        Lexicon::new(&words.iter().map(entry).collect::<Vec<_>>(), true).unwrap()
    }

    #[test]
    fn words_are_found_and_others_are_not() {
        let words = ["Haus", "hausen", "Häuser", "maus", "mäuse", "aus", "öl"];
        let lexicon = lexicon(&words);
        for word in words {
            assert_eq!(lexicon.class_of(&word.to_lowercase()), 1, "{word}");
        }
        for word in ["", "h", "hau", "hause", "laus", "xaus"] {
            assert_eq!(lexicon.class_of(word), 0, "{word}");
        }
        assert!(lexicon.is_noun("haus") && !lexicon.is_noun("hausen"));
        assert_eq!(lexicon.len(), words.len());
    }

    #[test]
    fn classes_fall_with_the_rank() {
        let words: Vec<String> = (0..12_000).map(|n| format!("w{n}")).collect();
        let lexicon = lexicon(&words.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(lexicon.class_of("w999"), 1);
        assert_eq!(lexicon.class_of("w1000"), 2);
        assert_eq!(lexicon.class_of("w11999"), 4);
    }

    #[test]
    fn parts_make_the_same_lexicon() {
        for words in [vec![], vec!["ab"], vec!["haus", "maus", "mausen", "braus"]] {
            let lexicon = lexicon(&words);
            let (alphabet, edges) = lexicon.parts();
            let again = Lexicon::from_parts(alphabet.to_vec(), edges.to_vec()).unwrap();
            assert_eq!(again, lexicon);
        }
    }

    #[test]
    fn parts_that_lead_round_in_circles_are_refused() {
        assert!(Lexicon::from_parts(vec!['a'], vec![0, 1 | LAST | 1 << TARGET_SHIFT]).is_none());
        let edges = vec![0, 1 | 1 << VALUE_SHIFT, 2 | LAST | 1 << TARGET_SHIFT];
        assert!(Lexicon::from_parts(vec!['a', 'b'], edges).is_none());
        assert!(Lexicon::from_parts(vec![], vec![0, 1 | LAST]).is_none());
        assert!(Lexicon::from_parts(vec![], Vec::new()).is_none());
    }

    #[test]
    fn added_words_are_there_beside_the_old() {
        let entry = Entry { word: "Ñandu".into(), noun: true };
        let more = lexicon(&["haus", "maus"]).with_words(&[entry]).unwrap();
        assert_eq!(more.class_of("haus"), 1);
        assert_eq!(more.class_of("ñandu"), UNRANKED);
        assert_eq!(more.len(), 3);
    }
}
