use scriptio::*;
use std::collections::HashMap;
fn cls(c: char) -> char { if c.is_uppercase() {'A'} else if c.is_lowercase() {'a'} else if c.is_alphabetic() {'L'} else if c.is_numeric() {'9'} else if c=='\n' {'\n'} else if c.is_whitespace() {' '} else if c.is_ascii() {c} else {'#'} }
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let t = std::fs::read_to_string(&a[1]).unwrap();
    let s = SentenceSegmenter::new(Lang::new(&a[2]).unwrap());
    let mut m: HashMap<String, (u32, u32)> = HashMap::new();
    let mut r: HashMap<&str, u32> = HashMap::new();
    for e in s.explain(&t) {
        *r.entry(e.reason).or_default() += 1;
        if e.reason != "scorer" { continue; }
        let l = &t[..e.offset]; let x = l.trim_end();
        let gap = &l[x.len()..];
        let g = if gap.contains('\n') {'n'} else if gap.is_empty() {'0'} else {'s'};
        let mut rv = x.chars().rev(); let c1 = rv.next().unwrap_or('?'); let c2 = rv.next().map_or('?', cls);
        let n = t[e.offset..].chars().next().map_or('?', cls);
        let k = format!("{}{} {} {}", c2, cls(c1), g, n);
        let v = m.entry(k).or_default(); v.0 += 1; v.1 += e.boundary as u32;
    }
    println!("{r:?}");
    let mut v: Vec<_> = m.into_iter().collect(); v.sort_by_key(|x| std::cmp::Reverse(x.1.0));
    for (k, (n, b)) in v.iter().take(45) { println!("{k}\t{n}\t{:.3}", *b as f64 / *n as f64); }
}
