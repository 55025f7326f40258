//! The offset conversions agree with counting from the start each time.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scriptio::offsets::{CharCursor, OffsetIndex, count_chars};

fuzz_target!(|input: (String, Vec<u16>)| {
    let (text, questions) = input;
    // Texts that cross the index's block size, whatever the fuzzer came up with.
    let text = text.repeat(1 + usize::from(questions.first().copied().unwrap_or(0) % 40));
    assert_eq!(count_chars(text.as_bytes()), text.chars().count());
    let index = OffsetIndex::new(&text);

    let mut bytes: Vec<usize> =
        questions.iter().map(|&q| usize::from(q) % (text.len() + 3)).collect();
    for byte in &mut bytes {
        while *byte < text.len() && !text.is_char_boundary(*byte) {
            *byte += 1;
        }
    }
    for &byte in &bytes {
        let before = &text[..byte.min(text.len())];
        let chars = before.chars().count();
        assert_eq!(index.byte_to_char(byte), chars);
        assert_eq!(index.byte_to_utf16(byte), before.encode_utf16().count());
        assert_eq!(index.char_to_byte(chars), before.len());
    }
    assert_eq!(index.char_to_byte(text.chars().count() + 1), text.len());

    bytes.sort_unstable();
    let mut cursor = CharCursor::new(&text);
    for byte in bytes {
        let chars = text[..byte.min(text.len())].chars().count();
        assert_eq!(cursor.char_offset(byte), chars);
    }
});
