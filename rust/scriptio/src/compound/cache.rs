//! [`Cache`]: where the words that were cut last are cut.
//!
//! In running text nine of ten words were seen a moment ago. A slot holds one
//! word, and a new word takes the place of the old one: no order to keep.

/// Longer words are not kept: they are rare.
const MAX_BYTES: usize = 48;

/// Slots of the largest cache.
const MAX_SLOTS: usize = 1 << 14;

#[derive(Debug, Clone, Default)]
struct Slot {
    word: Box<[u8]>,
    ends: Box<[usize]>,
}

/// The last words, each with the ends of its pieces.
#[derive(Debug, Clone, Default)]
pub(super) struct Cache {
    slots: Vec<Slot>,
}

impl Cache {
    /// A cache for about this many words; one that keeps nothing for 0.
    pub fn new(words: usize) -> Self {
        let slots = if words == 0 { 0 } else { words.clamp(16, MAX_SLOTS).next_power_of_two() };
        Self { slots: vec![Slot::default(); slots] }
    }

    fn place(&self, word: &[u8]) -> usize {
        let (chunks, rest) = word.as_chunks::<8>();
        let mut hash = word.len() as u64;
        let mut add = |bytes: u64| {
            hash = (hash.rotate_left(23) ^ bytes).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        };
        for &chunk in chunks {
            add(u64::from_le_bytes(chunk));
        }
        add(rest.iter().fold(0, |bytes, &byte| bytes << 8 | u64::from(byte)));
        (hash >> 40) as usize & self.slots.len().wrapping_sub(1)
    }

    /// The ends of the pieces of `word`, if they are known.
    pub fn get(&self, word: &str) -> Option<&[usize]> {
        let slot = self.slots.get(self.place(word.as_bytes()))?;
        (*slot.word == *word.as_bytes()).then_some(&slot.ends)
    }

    /// Keep the ends of the pieces of `word`.
    pub fn put(&mut self, word: &str, ends: &[usize]) {
        let place = self.place(word.as_bytes());
        if word.len() <= MAX_BYTES
            && let Some(slot) = self.slots.get_mut(place)
        {
            *slot = Slot { word: word.as_bytes().into(), ends: ends.into() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_apart_whatever_slot_they_share() {
        let mut cache = Cache::new(16);
        for number in 0..1_000 {
            let word = format!("word{number}");
            cache.put(&word, &[number, number + 1]);
            assert_eq!(cache.get(&word), Some(&[number, number + 1][..]));
        }
        let known = (0..1_000).filter(|n| cache.get(&format!("word{n}")).is_some()).count();
        assert!((1..=16).contains(&known));
    }

    #[test]
    fn a_cache_of_no_words_keeps_nothing() {
        let mut cache = Cache::new(0);
        cache.put("word", &[4]);
        assert_eq!(cache.get("word"), None);
    }
}
