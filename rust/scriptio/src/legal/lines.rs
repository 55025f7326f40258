//! Lines of a text, and which of their breaks were made by wrapping.
//!
//! Text from PDF and e-mail is wrapped at a column, so that any word may come
//! to stand at the start of a line, `Article 5` in the middle of a sentence
//! as well. A break is *soft* if the next word would not have fitted: only
//! then can wrapping have made it. All other breaks end a paragraph.

use memchr::memchr;

use crate::offsets::count_chars;

/// A line that is not blank.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    /// First byte that is not white space.
    pub(super) start: usize,
    /// Behind the last byte that is not white space.
    pub(super) end: usize,
    /// Code points, indentation included.
    chars: u32,
    /// Code points of the first word.
    word: u32,
    /// Whether a blank line stands before it.
    pub(super) blank_before: bool,
    /// Whether wrapping may have made the break before it.
    pub(super) soft: bool,
}

/// The lines of a text that are not blank.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) lines: Vec<Line>,
    /// The column at which the text is wrapped, if it is.
    pub(super) width: Option<u32>,
}

/// Longer lines are not told apart: nobody wraps there.
const LONGEST: usize = 160;
/// Fewer pages are no series.
const FEWEST_PAGES: usize = 3;
/// No page has fewer lines.
const SHORTEST_PAGE: usize = 12;
/// Fewer lines do not show a width.
const FEWEST: usize = 12;

impl Lines {
    pub(super) fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut lines = Vec::with_capacity(text.len() / 96 + 1);
        let (mut at, mut blank) = (0, true);
        while at < bytes.len() {
            let rest = bytes.get(at..).unwrap_or_default();
            let end = memchr(b'\n', rest).map_or(bytes.len(), |length| at + length);
            let line = text.get(at..end).unwrap_or_default();
            let body = line.trim();
            if body.is_empty() {
                blank = true;
            } else {
                let start = at + (line.len() - line.trim_start().len());
                // Ideographs and kana may be parted anywhere.
                let dense = matches!(body.as_bytes().first(), Some(0xE3..=0xE9 | 0xEF));
                let word = body.as_bytes().iter().position(|&b| b == b' ').unwrap_or(body.len());
                let word = if dense { 3 } else { word };
                lines.push(Line {
                    start,
                    end: start + body.len(),
                    chars: count_chars(line.trim_end().as_bytes()) as u32,
                    word: count_chars(body.as_bytes().get(..word).unwrap_or_default()) as u32,
                    blank_before: blank,
                    soft: false,
                });
                blank = false;
            }
            at = end + 1;
        }
        let mut lines = Self { lines, width: None };
        lines.width = lines.find_width();
        if let Some(width) = lines.width {
            lines.leave_out_pages(text);
            lines.mark_soft(width);
        }
        lines
    }

    /// The column that many lines come close to and next to none goes beyond.
    fn find_width(&self) -> Option<u32> {
        if self.lines.len() < FEWEST {
            return None;
        }
        let mut counts = [0_usize; LONGEST + 1];
        for line in &self.lines {
            if let Some(count) = counts.get_mut((line.chars as usize).min(LONGEST)) {
                *count += 1;
            }
        }
        // Up to three lines of a hundred may be tables and the like.
        let mut beyond = 0;
        let most = self.lines.len() * 3 / 100;
        let width = (1..=LONGEST).rev().find(|&length| {
            beyond += counts.get(length).copied().unwrap_or(0);
            beyond > most
        })?;
        let near: usize = counts.get(width * 4 / 5..).unwrap_or_default().iter().sum();
        (width < LONGEST && width > 30 && near * 4 >= self.lines.len()).then_some(width as u32)
    }

    /// Drops the numbers of pages, which interrupt paragraphs.
    ///
    /// They stand alone on a line, a page apart, and each is one more than the last.
    fn leave_out_pages(&mut self, text: &str) {
        let mut pages: Vec<(usize, u32)> = Vec::new();
        for (index, line) in self.lines.iter().enumerate() {
            let body = text.get(line.start..line.end).unwrap_or_default();
            let Some(number) = page_number(body).filter(|&n| !self.is_headed(text, index, n))
            else {
                continue;
            };
            match pages.last() {
                Some(&(at, before))
                    if before.checked_add(1) != Some(number) || index - at < SHORTEST_PAGE =>
                {
                    // A series that has not shown itself yet may begin anew.
                    if pages.len() < FEWEST_PAGES {
                        pages.clear();
                        pages.push((index, number));
                    }
                }
                _ => pages.push((index, number)),
            }
        }
        // A heading may be a number alone, too, but the line before it ends a sentence.
        let interrupts = |&&(at, _): &&(usize, u32)| {
            let before = at.checked_sub(1).and_then(|at| self.lines.get(at));
            before
                .and_then(|line| text.get(line.start..line.end))
                .is_some_and(|before| !before.trim_end().ends_with(['.', ';', ':', '!', '?', '。']))
        };
        let count = pages.len();
        if count < FEWEST_PAGES || pages.iter().filter(interrupts).count() * 3 < count {
            return;
        }
        for &(at, _) in &pages {
            if let Some(next) = self.lines.get_mut(at + 1) {
                next.blank_before = false;
            }
        }
        let mut pages = pages.into_iter().map(|(at, _)| at).peekable();
        let mut index = 0;
        self.lines.retain(|_| {
            index += 1;
            pages.next_if_eq(&(index - 1)).is_none()
        });
    }

    /// Whether a number alone on a line is the heading of what is numbered below: `3.1` under `3`.
    fn is_headed(&self, text: &str, index: usize, number: u32) -> bool {
        self.lines.iter().skip(index + 1).take(3).any(|line| {
            let body = text.get(line.start..line.end).unwrap_or_default();
            let first = body.split_whitespace().next().and_then(|word| word.split_once('.'));
            first.is_some_and(|(head, _)| head.parse() == Ok(number))
        })
    }

    fn mark_soft(&mut self, width: u32) {
        let mut before = 0;
        for line in &mut self.lines {
            line.soft = !line.blank_before && before + 1 + line.word > width;
            before = line.chars;
        }
    }
}

/// The number of a line that is `12`, `- 12 -` or `Page 12` and nothing else.
fn page_number(line: &str) -> Option<u32> {
    let first = line.as_bytes().first()?;
    if line.len() > 16 || !(first.is_ascii_digit() || matches!(first, b'-' | b'P')) {
        return None;
    }
    let inner = line.strip_prefix("Page ").unwrap_or(line);
    let inner = inner.strip_prefix('-').and_then(|inner| inner.strip_suffix('-')).unwrap_or(inner);
    inner.trim().parse().ok()
}

/// Bytes of the longest title.
const TITLE_BYTES: usize = 512;

/// As much of `text` as a title may have.
pub(super) fn beginning(text: &str) -> &str {
    let mut end = text.len().min(TITLE_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_break_where_the_next_word_did_not_fit_is_soft() {
        let sentence =
            "the provision of article 12 applies to every case of this kind and to others ";
        let mut text = String::new();
        for _ in 0..12 {
            text.push_str(sentence.trim());
            text.push('\n');
        }
        text.push_str("short end.\nA new paragraph starts here");
        let lines = Lines::new(&text);
        assert_eq!(lines.width, Some(76));
        let soft: Vec<bool> = lines.lines.iter().map(|line| line.soft).collect();
        assert!(soft[1..=11].iter().all(|&soft| soft));
        assert!(!soft[13]);
    }

    #[test]
    fn text_of_long_lines_is_not_wrapped() {
        let text = "one very long line of a paragraph ".repeat(20) + "\n";
        assert_eq!(Lines::new(&text.repeat(20)).width, None);
    }
}
