//! [`Class`]: what a code point is to a sentence segmenter.

use super::tables::{STAGE1, STAGE2};

/// Classes of code points; the order is that of the generated tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Class {
    /// Controls, unassigned and private code points.
    Other,
    /// White space that breaks no line.
    Space,
    /// LF, CR, VT, FF, NEL, LS, PS.
    Newline,
    /// Upper and title case letters.
    Upper,
    /// Lower case letters.
    Lower,
    /// Letters without case, ideographs among them.
    Letter,
    /// Digits and other numbers.
    Digit,
    /// Combining marks and invisible format characters.
    Mark,
    /// The full stop of abbreviations and numbers: `.` and its variants.
    Stop,
    /// Exclamation and question marks.
    Bang,
    /// Terminators that need no white space after them: ideographic stop, danda, …
    Full,
    /// `…` and its variants.
    Ellipsis,
    /// Commas.
    Comma,
    /// Colons and semicolons.
    Colon,
    /// Hyphens and dashes.
    Dash,
    /// Opening brackets and quotes.
    Open,
    /// Closing brackets and quotes.
    Close,
    /// Quotes that open or close.
    Quote,
    /// All other punctuation and symbols.
    Symbol,
}

const CLASSES: [Class; 19] = [
    Class::Other,
    Class::Space,
    Class::Newline,
    Class::Upper,
    Class::Lower,
    Class::Letter,
    Class::Digit,
    Class::Mark,
    Class::Stop,
    Class::Bang,
    Class::Full,
    Class::Ellipsis,
    Class::Comma,
    Class::Colon,
    Class::Dash,
    Class::Open,
    Class::Close,
    Class::Quote,
    Class::Symbol,
];

/// The classes of ASCII, for bytes.
static ASCII: [Class; 128] = {
    let mut table = [Class::Other; 128];
    let mut cp = 0;
    while cp < 128 {
        table[cp] = CLASSES[STAGE2[(STAGE1[0] as usize) << 7 | cp] as usize];
        cp += 1;
    }
    table
};

impl Class {
    /// The class of an ASCII byte.
    #[inline]
    pub(crate) fn of_ascii(byte: u8) -> Self {
        ASCII[(byte & 127) as usize]
    }

    /// The class of `c`: one table look-up for ASCII, two for the rest.
    #[inline]
    pub(crate) fn of(c: char) -> Self {
        let cp = c as usize;
        if cp < 128 {
            return ASCII[cp];
        }
        let block = STAGE1[(cp >> 7).min(STAGE1.len() - 1)] as usize;
        CLASSES[(STAGE2[(block << 7 | cp & 127) % STAGE2.len()] as usize) % CLASSES.len()]
    }

    /// Letters, digits and the marks that belong to them.
    #[inline]
    pub(crate) fn is_word(self) -> bool {
        matches!(self, Self::Upper | Self::Lower | Self::Letter | Self::Digit | Self::Mark)
    }

    /// White space of either kind.
    #[inline]
    pub(crate) fn is_white(self) -> bool {
        matches!(self, Self::Space | Self::Newline)
    }

    /// Marks that can end a sentence by themselves.
    #[inline]
    pub(crate) fn is_terminator(self) -> bool {
        matches!(self, Self::Stop | Self::Bang | Self::Full | Self::Ellipsis)
    }
}

#[cfg(test)]
mod tests {
    use super::Class;

    #[test]
    fn white_space_is_what_unicode_and_python_call_so() {
        // Python's `str.isspace` counts the four separators of ASCII, Unicode does not.
        for c in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
            let white = c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c);
            assert_eq!(Class::of(c).is_white(), white, "{c:?}");
        }
    }
}
