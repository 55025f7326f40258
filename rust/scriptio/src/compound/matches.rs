//! [`Matches`]: what the lexicon has to say about a word.
//!
//! Which of its substrings are words, and what the cheapest ways to write it
//! as a row of words cost: with a cut at a gap, and without one. The second is
//! the splitter of Koehn and Knight (2003) as a unigram model, and for the
//! scorer one feature among others.

use super::fold::Folded;
use super::lexicon::Lexicon;

/// What a word of each class costs: ten times the logarithm of its rank.
const COSTS: [i32; 8] = [0, 30, 36, 40, 44, 46, 49, 52];

/// What something that is no word costs, and each of its characters.
const UNKNOWN: i32 = 55;
const UNKNOWN_CHAR: i32 = 9;

/// What one linking character after a word costs, and two.
const LINK: [i32; 2] = [9, 14];

/// Characters that a word before linking characters has at least.
const LINKED: usize = 3;

/// Characters of the shortest part.
pub(super) const SHORTEST: usize = 2;

/// The longest word at a gap, on one of its sides.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Longest {
    pub len: usize,
    pub class: u8,
}

/// The lexicon words in a word, and the costs of writing it as words.
#[derive(Debug, Default, Clone)]
pub(super) struct Matches {
    /// Characters of the word.
    len: usize,
    codes: Vec<u8>,
    /// Class of every substring, by start and end.
    classes: Vec<u8>,
    /// Cost of every substring as one part, by start and end.
    costs: Vec<i32>,
    /// The longest word that ends, and that starts, at each gap.
    left: Vec<Longest>,
    right: Vec<Longest>,
    /// The longest word but the whole that runs across each gap.
    across: Vec<Longest>,
    /// Costs of what is before each gap, and of what is behind it.
    before: Vec<i32>,
    behind: Vec<i32>,
    /// Cost of the word without a cut at each gap.
    uncut: Vec<i32>,
}

impl Matches {
    /// Look up all substrings of `word`.
    pub fn find(&mut self, word: &Folded, lexicon: &Lexicon) {
        let len = word.len();
        self.len = len;
        self.codes.clear();
        self.codes.extend(word.chars.iter().map(|&c| lexicon.code(c)));
        self.classes.clear();
        self.classes.resize((len + 1) * (len + 1), 0);
        self.costs.clear();
        for start in 0..=len as i32 {
            // Nothing that ends before it starts is ever looked at.
            self.costs.extend((0..=len as i32).map(|end| UNKNOWN + UNKNOWN_CHAR * (end - start)));
        }
        for gaps in [&mut self.left, &mut self.right, &mut self.across] {
            gaps.clear();
            gaps.resize(len + 1, Longest::default());
        }
        for start in 0..len {
            self.walk(start, lexicon);
        }
        self.paths();
    }

    /// Take in the lexicon words that begin at `start`.
    fn walk(&mut self, start: usize, lexicon: &Lexicon) {
        let codes = self.codes.get(start..).unwrap_or_default();
        let Some((&first, rest)) = codes.split_first() else { return };
        let Some(mut step) = lexicon.first(first) else { return };
        let row = start * (self.len + 1);
        let mut longest = Longest::default();
        for (&code, end) in rest.iter().zip(start + 2..) {
            let Some(next) = lexicon.next(step, code) else { break };
            step = next;
            let class = step.class();
            if class == 0 {
                continue;
            }
            if let Some(place) = self.classes.get_mut(row + end) {
                *place = class;
            }
            let costs = self.costs.get_mut(row + end..=row + self.len).unwrap_or_default();
            price(costs, class, end - start >= LINKED);
            longest = Longest { len: end - start, class };
            if let Some(left) = self.left.get_mut(end).filter(|left| left.len == 0) {
                *left = longest;
            }
        }
        if let Some(right) = self.right.get_mut(start) {
            *right = longest;
        }
        if longest.len == self.len {
            // The whole is no witness against a cut; the longest word within it may be.
            let row = self.classes.get(row..row + self.len).unwrap_or_default();
            longest = row.iter().rposition(|&class| class > 0).map_or(Longest::default(), |end| {
                Longest { len: end - start, class: row.get(end).copied().unwrap_or_default() }
            });
        }
        for across in self.across.iter_mut().skip(start + 1).take(longest.len.saturating_sub(1)) {
            if longest.len > across.len {
                *across = longest;
            }
        }
    }

    fn paths(&mut self) {
        let len = self.len;
        let far = i32::MAX / 4;
        for costs in [&mut self.before, &mut self.behind, &mut self.uncut] {
            costs.clear();
            costs.resize(len + 1, far);
        }
        if let Some(cost) = self.before.first_mut() {
            *cost = 0;
        }
        if let Some(cost) = self.behind.last_mut() {
            *cost = 0;
        }
        // Costs of the parts that begin at `start`, from the shortest on.
        let parts = |start: usize| {
            let row = start * (len + 1);
            self.costs.get(row + start + SHORTEST..=row + len).unwrap_or_default()
        };
        for start in (0..=len.saturating_sub(SHORTEST)).rev() {
            let behind = self.behind.get(start + SHORTEST..).unwrap_or_default();
            let best = parts(start).iter().zip(behind).map(|(part, behind)| part + behind);
            let best = best.fold(far, i32::min);
            if let Some(cost) = self.behind.get_mut(start) {
                *cost = best;
            }
        }
        for start in 0..=len.saturating_sub(SHORTEST) {
            let here = self.before.get(start).copied().unwrap_or(far);
            let before = self.before.get_mut(start + SHORTEST..).unwrap_or_default();
            for (cost, part) in before.iter_mut().zip(parts(start)) {
                *cost = (*cost).min(here + part);
            }
            // What runs from `start` across a gap: the least over all ends behind the gap.
            let mut least = far;
            let behind = self.behind.get(start + SHORTEST..).unwrap_or_default();
            let uncut = self.uncut.get_mut(start + SHORTEST - 1..len).unwrap_or_default();
            for ((part, behind), cost) in parts(start).iter().zip(behind).zip(uncut).rev() {
                least = least.min(here + part + behind);
                *cost = (*cost).min(least);
            }
        }
    }

    /// The class of the substring; 0 if it is no word.
    #[inline]
    pub fn class(&self, start: usize, end: usize) -> u8 {
        self.classes.get(start * (self.len + 1) + end).copied().unwrap_or_default()
    }

    /// The longest word that ends at a gap.
    #[inline]
    pub fn left(&self, gap: usize) -> Longest {
        self.left.get(gap).copied().unwrap_or_default()
    }

    /// The longest word that starts at a gap.
    #[inline]
    pub fn right(&self, gap: usize) -> Longest {
        self.right.get(gap).copied().unwrap_or_default()
    }

    /// The longest word but the whole that runs across a gap.
    #[inline]
    pub fn across(&self, gap: usize) -> Longest {
        self.across.get(gap).copied().unwrap_or_default()
    }

    /// How much cheaper the word is with a cut at the gap than without.
    #[inline]
    pub fn gain(&self, gap: usize) -> i32 {
        let at = |costs: &[i32]| costs.get(gap).copied().unwrap_or_default();
        at(&self.uncut) - at(&self.before) - at(&self.behind)
    }
}

/// Write down what a word costs, alone and with linking characters behind it: `costs` are those of
/// what begins where it does, from its end to that of all. Words of one start come by rising end,
/// so that one takes the place of a shorter one with links.
fn price(costs: &mut [i32], class: u8, linked: bool) {
    let word = COSTS.get(usize::from(class)).copied().unwrap_or_default();
    // No linking characters at the end of all.
    let links = if linked { costs.len().saturating_sub(2) } else { 0 };
    let Some((alone, longer)) = costs.split_first_mut() else { return };
    *alone = word;
    for (cost, link) in longer.iter_mut().take(links).zip(LINK) {
        *cost = (*cost).min(word + link);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A panic is how a test fails.
mod tests {
    use super::super::lexicon::Entry;
    use super::*;

    fn matches(word: &str, words: &[&str]) -> Matches {
        let entry = |word: &&str| Entry { word: (*word).to_owned(), noun: false };
        let lexicon = Lexicon::new(&words.iter().map(entry).collect::<Vec<_>>(), true).unwrap();
        let mut folded = Folded::default();
        folded.fold(word, 0);
        let mut matches = Matches::default();
        matches.find(&folded, &lexicon);
        matches
    }

    #[test]
    fn words_are_found_at_both_sides_and_across() {
        let found = matches("hausboot", &["haus", "aus", "boot", "bo", "sbo", "hausboot"]);
        assert_eq!((found.class(0, 4), found.class(1, 4), found.class(0, 3)), (1, 1, 0));
        assert_eq!((found.left(4).len, found.right(4).len), (4, 4));
        // The whole is left out.
        assert_eq!(found.across(4).len, 3);
        assert_eq!(found.across(1).len, 4);
    }

    #[test]
    fn the_gain_is_largest_where_words_meet() {
        let found = matches("wirtschaftslehre", &["wirtschaft", "lehre", "wirt", "schaf"]);
        let best = (2..14).max_by_key(|&gap| found.gain(gap)).unwrap();
        assert_eq!(best, 11);
        assert!(found.gain(11) > 0);
    }

    #[test]
    fn costs_agree_with_those_of_all_ways_to_cut() {
        let words = ["an", "ana", "nan", "nas", "banan", "as"];
        let word = "bananas";
        let found = matches(word, &words);
        let n = word.len();
        // Bit `i` of a way is a cut before character `i`.
        let costs: Vec<(usize, i32)> = (0..1_usize << n)
            .filter(|way| way & 1 == 0)
            .filter_map(|way| {
                let mut cuts = vec![0];
                cuts.extend((1..n).filter(|i| way >> i & 1 == 1));
                cuts.push(n);
                let fits = cuts.windows(2).all(|pair| pair[1] - pair[0] >= SHORTEST);
                fits.then(|| {
                    (way, cuts.windows(2).map(|p| found.costs[p[0] * (n + 1) + p[1]]).sum())
                })
            })
            .collect();
        for gap in SHORTEST..=n - SHORTEST {
            let best = |cut: usize| {
                costs.iter().filter(|(way, _)| way >> gap & 1 == cut).map(|c| c.1).min().unwrap()
            };
            assert_eq!(found.gain(gap), best(0) - best(1), "{gap}");
        }
    }
}
