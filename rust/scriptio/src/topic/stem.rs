//! [`stem`]: Porter's stemmer for English, as published in 1980.

/// The stem of an English word: Porter 1980, *An algorithm for suffix
/// stripping*, Program 14(3), without later amendments.
///
/// Lower-case ASCII is expected; a word that holds anything else than letters
/// and hyphens comes back as it is. A hyphen counts as a consonant.
///
/// ```
/// use scriptio::topic::stem;
/// assert_eq!(stem("relational"), "relat");
/// assert_eq!(stem("hopping"), "hop");
/// assert_eq!(stem("größe"), "größe");
/// ```
pub fn stem(word: &str) -> String {
    if !word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') {
        return word.to_owned();
    }
    let mut stem = Stem(word.as_bytes().to_vec());
    stem.plurals();
    stem.participles();
    if stem.0.last() == Some(&b'y') && has_vowel(stem.without(1)) {
        stem.replace(1, b"i");
    }
    stem.first_of(DOUBLE, 1);
    stem.first_of(ADJECTIVE, 1);
    stem.first_of(SINGLE, 2);
    stem.final_e();
    String::from_utf8(stem.0).unwrap_or_else(|_| word.to_owned())
}

/// Suffixes and what takes their place. Of those that match the longest
/// counts, and where what is before it is too short nothing changes.
type Rules = &'static [(&'static str, &'static str)];

/// Step 2: suffixes made of two.
const DOUBLE: Rules = &[
    ("ational", "ate"),
    ("ization", "ize"),
    ("iveness", "ive"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("tional", "tion"),
    ("biliti", "ble"),
    ("entli", "ent"),
    ("ousli", "ous"),
    ("ation", "ate"),
    ("alism", "al"),
    ("aliti", "al"),
    ("iviti", "ive"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("izer", "ize"),
    ("abli", "able"),
    ("alli", "al"),
    ("ator", "ate"),
    ("eli", "e"),
];

/// Step 3.
const ADJECTIVE: Rules = &[
    ("icate", "ic"),
    ("ative", ""),
    ("alize", "al"),
    ("iciti", "ic"),
    ("ical", "ic"),
    ("ness", ""),
    ("ful", ""),
];

/// Step 4. `ion` goes only behind `s` or `t`.
const SINGLE: Rules = &[
    ("ement", ""),
    ("ance", ""),
    ("ence", ""),
    ("able", ""),
    ("ible", ""),
    ("ment", ""),
    ("sion", "s"),
    ("tion", "t"),
    ("ant", ""),
    ("ent", ""),
    ("ism", ""),
    ("ate", ""),
    ("iti", ""),
    ("ous", ""),
    ("ive", ""),
    ("ize", ""),
    ("al", ""),
    ("er", ""),
    ("ic", ""),
    ("ou", ""),
];

struct Stem(Vec<u8>);

impl Stem {
    /// The word without its last `count` letters.
    fn without(&self, count: usize) -> &[u8] {
        self.0.get(..self.0.len().saturating_sub(count)).unwrap_or_default()
    }

    fn replace(&mut self, count: usize, by: &[u8]) {
        self.0.truncate(self.0.len().saturating_sub(count));
        self.0.extend_from_slice(by);
    }

    /// Step 1a.
    fn plurals(&mut self) {
        if self.0.ends_with(b"sses") || self.0.ends_with(b"ies") {
            self.replace(2, b"");
        } else if self.0.ends_with(b"s") && !self.0.ends_with(b"ss") {
            self.replace(1, b"");
        }
    }

    /// Step 1b.
    fn participles(&mut self) {
        if self.0.ends_with(b"eed") {
            if measure(self.without(3)) > 0 {
                self.replace(1, b"");
            }
            return;
        }
        let suffix = match () {
            () if self.0.ends_with(b"ed") => 2,
            () if self.0.ends_with(b"ing") => 3,
            () => return,
        };
        if !has_vowel(self.without(suffix)) {
            return;
        }
        self.replace(suffix, b"");
        let word = &self.0;
        if [b"at", b"bl", b"iz"].iter().any(|end| word.ends_with(*end)) {
            self.replace(0, b"e");
        } else if ends_double(word) && !matches!(word.last(), Some(b'l' | b's' | b'z')) {
            self.replace(1, b"");
        } else if measure(word) == 1 && ends_short(word) {
            self.replace(0, b"e");
        }
    }

    /// Replaces the longest suffix of `rules`, if the measure before it is at
    /// least `least`. The rules have longer suffixes before those they end in.
    fn first_of(&mut self, rules: Rules, least: usize) {
        let Some((suffix, by)) =
            rules.iter().find(|(suffix, _)| self.0.ends_with(suffix.as_bytes()))
        else {
            return;
        };
        // What is kept of the suffix, as in `sion`, is part of what is measured.
        let kept = usize::from(matches!(*suffix, "sion" | "tion"));
        if measure(self.without(suffix.len() - kept)) >= least {
            self.replace(suffix.len(), by.as_bytes());
        }
    }

    /// Step 5.
    fn final_e(&mut self) {
        if self.0.ends_with(b"e") {
            let before = self.without(1);
            let measure = measure(before);
            if measure > 1 || measure == 1 && !ends_short(before) {
                self.replace(1, b"");
            }
        }
        if self.0.ends_with(b"ll") && measure(self.without(1)) > 1 {
            self.replace(1, b"");
        }
    }
}

/// For each letter whether it is a vowel; `y` is one behind a consonant.
fn vowels(word: &[u8]) -> impl Iterator<Item = bool> + '_ {
    word.iter().scan(true, |before, letter| {
        let vowel = match letter {
            b'a' | b'e' | b'i' | b'o' | b'u' => true,
            b'y' => !*before,
            _ => false,
        };
        *before = vowel;
        Some(vowel)
    })
}

fn has_vowel(word: &[u8]) -> bool {
    vowels(word).any(|vowel| vowel)
}

/// How often a consonant follows a vowel.
fn measure(word: &[u8]) -> usize {
    let mut before = false;
    let mut count = 0;
    for vowel in vowels(word) {
        count += usize::from(before && !vowel);
        before = vowel;
    }
    count
}

fn ends_double(word: &[u8]) -> bool {
    match word {
        [.., a, b] => a == b && vowels(word).last() == Some(false),
        _ => false,
    }
}

/// Whether the word ends in consonant, vowel, consonant, the last of them not
/// `w`, `x` or `y`.
fn ends_short(word: &[u8]) -> bool {
    let mut last = [false; 3];
    for vowel in vowels(word) {
        last = [last[1], last[2], vowel];
    }
    word.len() >= 3
        && last == [false, true, false]
        && !matches!(word.last(), Some(b'w' | b'x' | b'y'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the paper, step by step.
    #[test]
    fn stems_as_the_paper_says() {
        for (word, expected) in [
            ("caresses", "caress"),
            ("ponies", "poni"),
            ("ties", "ti"),
            ("caress", "caress"),
            ("cats", "cat"),
            ("feed", "feed"),
            ("agreed", "agre"),
            ("plastered", "plaster"),
            ("bled", "bled"),
            ("motoring", "motor"),
            ("sing", "sing"),
            ("conflated", "conflat"),
            ("troubled", "troubl"),
            ("sized", "size"),
            ("hopping", "hop"),
            ("tanned", "tan"),
            ("falling", "fall"),
            ("hissing", "hiss"),
            ("fizzed", "fizz"),
            ("failing", "fail"),
            ("filing", "file"),
            ("happy", "happi"),
            ("sky", "sky"),
            ("relational", "relat"),
            ("conditional", "condit"),
            ("rational", "ration"),
            ("digitizer", "digit"),
            ("vietnamization", "vietnam"),
            ("operator", "oper"),
            ("hopefulness", "hope"),
            ("sensibiliti", "sensibl"),
            ("triplicate", "triplic"),
            ("formative", "form"),
            ("electriciti", "electr"),
            ("goodness", "good"),
            ("revival", "reviv"),
            ("adjustment", "adjust"),
            ("replacement", "replac"),
            ("adoption", "adopt"),
            ("communism", "commun"),
            ("effective", "effect"),
            ("probate", "probat"),
            ("rate", "rate"),
            ("cease", "ceas"),
            ("controll", "control"),
            ("roll", "roll"),
            ("generalizations", "gener"),
            ("oscillators", "oscil"),
        ] {
            assert_eq!(stem(word), expected, "{word}");
        }
    }

    #[test]
    fn leaves_other_words_and_never_fails() {
        for word in ["", "-", "s", "e", "Größe", "naïve", "u.s."] {
            let _ = stem(word);
        }
        assert_eq!(stem("Houses"), "Houses");
    }
}
