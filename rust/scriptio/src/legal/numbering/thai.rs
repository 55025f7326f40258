//! Thai letters as numbers.

/// The order of lists; ฃ ฅ ฆ are skipped, as statutes do.
const LETTERS: &str = "กขคงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรลวศษสหฬอฮ";

/// ก is 1, ข 2.
pub(super) fn letter(letter: char) -> Option<u32> {
    LETTERS.chars().position(|c| c == letter).map(|at| at as u32 + 1)
}
