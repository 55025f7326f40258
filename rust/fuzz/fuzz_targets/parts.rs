//! Texts made of parts that matter to what is tested.

use libfuzzer_sys::arbitrary::{Result, Unstructured};

/// Appends a letter, a run of a part or, as often as `usual` says, a part. Runs cross the sizes of
/// windows and buffers.
pub fn push(u: &mut Unstructured<'_>, text: &mut String, parts: &[&str], usual: u8) -> Result<()> {
    match u.int_in_range(0..=usual)? {
        0 => text.push(u.arbitrary()?),
        1 => {
            let part = *u.choose(parts)?;
            let times = usize::from(u.arbitrary::<u8>()?);
            text.extend(std::iter::repeat_n(part, times));
        }
        _ => text.push_str(u.choose(parts)?),
    }
    Ok(())
}
