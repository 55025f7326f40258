//! Training: a logistic regression over the gaps of labelled words.
//!
//! `AdaGrad`, one word at a time in an order that depends on the seed alone;
//! compounds and other words count alike however many there are of each. The
//! threshold is chosen on words that were held out, so that compounds and
//! ordinary words together are most often right; the weights are then rounded.

use super::features::{Features, LEXICAL_VALUES, SPELLED};
use super::fold::Folded;
use super::lexicon::Lexicon;
use super::model::{MAX_BITS, Room, Weights};
use crate::Error;

/// A word and where it is cut.
#[derive(Debug, Clone, PartialEq)]
pub struct Labelled {
    /// The word.
    pub word: String,
    /// The ends of its pieces but the last, in bytes, rising; none for a word that is no compound.
    pub cuts: Vec<usize>,
    /// What it counts beside others; 1 as a rule.
    pub weight: f32,
}

/// How a model is trained.
#[derive(Debug, Clone, PartialEq)]
pub struct Training {
    /// Passes over the words.
    pub epochs: usize,
    /// The table of hashed features has 2 to this many weights; 0 learns from
    /// the lexicon alone.
    pub bits: u32,
    /// Step size at the start; it falls to zero.
    pub rate: f32,
    /// Pull of every weight to where it began.
    pub decay: f32,
    /// The order of the words, and which of them are held out.
    pub seed: u64,
    /// The share of words that are held out to choose the threshold, at most 2,000.
    pub held_out: f32,
    /// How often, in training, the hashed or the lexical features of a word are left out, so
    /// that neither relies on the other.
    pub dropout: f32,
    /// What a word of the lexicon counts that is not among the labelled words and that a first
    /// training has labelled with confidence; 0 leaves these words out.
    pub own_words: f32,
    /// How much more a word that is no compound counts when the threshold is chosen: 1 treats
    /// both kinds alike, more leaves more words whole.
    pub caution: f32,
    /// The margin that is confidence: every gap of such a word is as far from 0 as this.
    pub sure: f32,
    /// How often training is done, each time in another order; the mean of the weights is kept.
    pub runs: usize,
}

impl Default for Training {
    fn default() -> Self {
        Self {
            epochs: 6,
            bits: 18,
            rate: 0.25,
            decay: 1e-5,
            seed: 1,
            held_out: 0.05,
            dropout: 0.1,
            own_words: 0.0,
            caution: 1.0,
            sure: 2.0,
            runs: 1,
        }
    }
}

/// A word ready for training: its characters, and its cuts by character.
struct Example {
    word: Folded,
    cuts: Vec<usize>,
    weight: f32,
    lexicon: usize,
}

/// Words that begin with the same so many characters are left out of a run together.
const ALIKE: usize = 6;

/// xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u64 << 24) as f32
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, (self.next() >> 11) as usize % (last + 1));
        }
    }
}

/// Weights in training, each with the sum of the squares of its gradients.
struct Table {
    weights: Vec<f32>,
    starts: Vec<f32>,
    squares: Vec<f32>,
}

impl Table {
    fn new(starts: Vec<f32>) -> Self {
        Self { weights: starts.clone(), squares: vec![1e-1; starts.len()], starts }
    }

    fn weight(&self, at: usize) -> f32 {
        self.weights.get(at).copied().unwrap_or_default()
    }

    fn learn(&mut self, at: usize, gradient: f32, rate: f32, decay: f32) {
        if let (Some(weight), Some(start), Some(square)) =
            (self.weights.get_mut(at), self.starts.get(at), self.squares.get_mut(at))
        {
            let gradient = gradient + decay * (*weight - start);
            *square += gradient * gradient;
            *weight -= rate * gradient / square.sqrt();
        }
    }
}

/// Weights as integers of at most `most`, and what one counts.
fn rounded(weights: &[f32], most: f32) -> (Vec<f32>, f32) {
    let mut sizes: Vec<f32> = weights.iter().map(|w| w.abs()).filter(|&w| w > 0.0).collect();
    sizes.sort_by(f32::total_cmp);
    // Very few weights are so large that all others would be rounded away for their sake.
    let largest = sizes.get((sizes.len() as f64 * 0.9995) as usize).copied().unwrap_or(1.0);
    let scale = largest / most;
    let round = |w: &f32| (w / scale).round().clamp(-most, most);
    (weights.iter().map(round).collect(), scale)
}

/// Train weights on words, each with the lexicon that it is looked up in.
///
/// `prior` gives the lexical weights from which training starts.
///
/// # Errors
/// There are too few words, none is a compound, all are, or an option is out of its range.
pub(super) fn train(
    corpora: &[(&Lexicon, &[Labelled])],
    options: &Training,
    prior: Option<&Weights>,
) -> Result<Weights, Error> {
    check(options)?;
    let mut random = Random(options.seed.wrapping_mul(2) | 1);
    let mut examples = Vec::new();
    for (lexicon, &(_, words)) in corpora.iter().enumerate() {
        for labelled in words {
            examples.extend(example(labelled, lexicon)?);
        }
    }
    let compounds = examples.iter().filter(|e| !e.cuts.is_empty()).count();
    if examples.len() < 20 || compounds < 5 || examples.len() - compounds < 5 {
        return Err(Error::invalid(format!(
            "{} compounds and {} other words are too few to learn from; give at least 5 of each \
             and 20 together, some hundred for good results",
            compounds,
            examples.len() - compounds,
        )));
    }
    let starts = prior.map_or_else(
        || vec![0.0; LEXICAL_VALUES],
        |prior| prior.lexical.iter().map(|&w| f32::from(w) * prior.lexical_scale).collect(),
    );
    let spelled = if options.bits == 0 { 0 } else { 1 << options.bits };
    random.shuffle(&mut examples);
    let mut trainer = Trainer {
        corpora,
        options,
        lexical: Table::new(starts.clone()),
        spelled: Table::new(vec![0.0; spelled]),
        random,
        room: Room::default(),
    };
    if options.runs > 1 {
        return Ok(folded_runs(&mut trainer, &examples, &starts));
    }
    let held = ((examples.len() as f32 * options.held_out) as usize).min(2_000);
    let (held_out, examples) = examples.split_at_mut(held);
    trainer.run(&mut examples.iter().collect::<Vec<_>>());
    let mut weights = trainer.weights();
    // Too few held-out words say nothing: then the words that were learned from are better.
    let judges = if held < 100 { examples } else { held_out };
    let mut margins = Vec::new();
    for example in &*judges {
        margins.extend(trainer.range(&weights, example));
    }
    weights.threshold = threshold(&margins, options.caution);
    Ok(weights)
}

/// Train once without each fold of the words, and keep the mean of the weights. Every word is
/// judged by the weights that were learned without it and its like.
fn folded_runs(trainer: &mut Trainer<'_>, examples: &[Example], starts: &[f32]) -> Weights {
    let runs = trainer.options.runs;
    let spelled = trainer.spelled.weights.len();
    let mut sums = [vec![0.0; starts.len()], vec![0.0; spelled]];
    let mut margins = Vec::new();
    for run in 0..runs {
        trainer.lexical = Table::new(starts.to_vec());
        trainer.spelled = Table::new(vec![0.0; spelled]);
        let (held_out, mut others): (Vec<&Example>, Vec<&Example>) =
            examples.iter().partition(|example| example.fold(runs) == run);
        trainer.run(&mut others);
        let weights = trainer.weights();
        margins.extend(held_out.iter().filter_map(|example| trainer.range(&weights, example)));
        for (sums, table) in sums.iter_mut().zip([&trainer.lexical, &trainer.spelled]) {
            for (sum, weight) in sums.iter_mut().zip(&table.weights) {
                *sum += weight / runs as f32;
            }
        }
    }
    let [lexical, spelled] = sums;
    (trainer.lexical.weights, trainer.spelled.weights) = (lexical, spelled);
    Weights { threshold: threshold(&margins, trainer.options.caution), ..trainer.weights() }
}

fn check(options: &Training) -> Result<(), Error> {
    let wrong = |name: &str, value: String, range: &str| {
        Err(Error::invalid(format!("{name} must be {range}, not {value}")))
    };
    if options.bits > MAX_BITS {
        return wrong("bits", options.bits.to_string(), "at most 22");
    }
    if options.epochs == 0 || options.epochs > 1_000 {
        return wrong("epochs", options.epochs.to_string(), "from 1 to 1,000");
    }
    if options.runs == 0 || options.runs > 100 {
        return wrong("runs", options.runs.to_string(), "from 1 to 100");
    }
    if !(0.0..=0.5).contains(&options.held_out) {
        return wrong("held_out", options.held_out.to_string(), "from 0 to 0.5");
    }
    if !(0.0..=0.5).contains(&options.dropout) {
        return wrong("dropout", options.dropout.to_string(), "from 0 to 0.5");
    }
    if !(options.own_words.is_finite() && options.own_words >= 0.0) {
        return wrong("own_words", options.own_words.to_string(), "a number from 0 on");
    }
    if !(options.caution > 0.0 && options.caution <= 100.0) {
        return wrong("caution", options.caution.to_string(), "above 0 and at most 100");
    }
    if options.sure.is_nan() {
        return wrong("sure", options.sure.to_string(), "a number");
    }
    if !(options.rate > 0.0 && options.rate <= 10.0) {
        return wrong("rate", options.rate.to_string(), "above 0 and at most 10");
    }
    if !(0.0..=1.0).contains(&options.decay) {
        return wrong("decay", options.decay.to_string(), "from 0 to 1");
    }
    Ok(())
}

/// The folded word with its cuts by character; none if it cannot have a cut, or has one that no
/// splitter could make.
fn example(labelled: &Labelled, lexicon: usize) -> Result<Option<Example>, Error> {
    if !(labelled.weight.is_finite() && labelled.weight >= 0.0) {
        return Err(Error::invalid(format!(
            "weight of {:?} must be a number from 0 on, not {}",
            labelled.word, labelled.weight
        )));
    }
    let mut word = Folded::default();
    word.fold(&labelled.word, 0);
    if word.is_too_long() || word.len() < 2 {
        return Ok(None);
    }
    let gap =
        |cut: &usize| (1..word.len()).find(|&gap| word.offset(gap) == *cut && word.is_open(gap));
    let Some(cuts) = labelled.cuts.iter().map(gap).collect::<Option<Vec<_>>>() else {
        return Err(Error::invalid(format!(
            "cuts of {:?} must lie between its characters, not at {:?}",
            labelled.word, labelled.cuts
        )));
    };
    Ok(Some(Example { word, cuts, weight: labelled.weight, lexicon }))
}

impl Example {
    /// The fold that a word is left out with: forms of one word, and compounds that begin with
    /// one word, are left out together.
    fn fold(&self, folds: usize) -> usize {
        let start = self.word.chars.iter().take(ALIKE);
        let hash = start.fold(7_u32, |hash, &c| (hash ^ c as u32).wrapping_mul(0x0100_0193));
        (hash >> 4) as usize % folds
    }
}

struct Trainer<'c> {
    corpora: &'c [(&'c Lexicon, &'c [Labelled])],
    options: &'c Training,
    lexical: Table,
    spelled: Table,
    random: Random,
    room: Room,
}

impl Trainer<'_> {
    fn run(&mut self, examples: &mut [&Example]) {
        // Of each lexicon, compounds and other words count alike, as far as a factor of 4 goes.
        let mut sums = vec![[0.0_f32; 2]; self.corpora.len()];
        for example in examples.iter() {
            if let Some(sum) = sums.get_mut(example.lexicon) {
                sum[usize::from(!example.cuts.is_empty())] += example.weight;
            }
        }
        let epochs = self.options.epochs;
        for epoch in 0..epochs {
            self.random.shuffle(examples);
            let rate = self.options.rate * (1.0 - epoch as f32 / epochs as f32);
            for &example in examples.iter() {
                let [neg, pos] = sums.get(example.lexicon).copied().unwrap_or([1.0; 2]);
                let ratio = if example.cuts.is_empty() { pos / neg } else { neg / pos };
                self.learn(example, rate, example.weight * ratio.clamp(1.0, 4.0));
            }
        }
    }

    /// The weights as they are stored.
    fn weights(&self) -> Weights {
        let (lexical, lexical_scale) = rounded(&self.lexical.weights, 32_000.0);
        let (spelled, spelled_scale) = rounded(&self.spelled.weights, 127.0);
        Weights {
            lexical: lexical.into_iter().map(|w| w as i16).collect(),
            lexical_scale,
            spelled: spelled.into_iter().map(|w| w as i8).collect(),
            spelled_scale,
            bits: self.options.bits,
            threshold: 0.0,
        }
    }

    /// For which thresholds `example` would be right.
    fn range(&mut self, weights: &Weights, example: &Example) -> Option<Range> {
        let (lexicon, _) = self.corpora.get(example.lexicon)?;
        let room = &mut self.room;
        room.word.clone_from(&example.word);
        room.analyse(lexicon);
        let (mut wrong, mut right) = (f32::NEG_INFINITY, f32::INFINITY);
        for gap in room.gaps().filter(|&gap| room.word.is_open(gap)) {
            let margin = weights.logit(room, gap);
            if example.cuts.contains(&gap) {
                right = right.min(margin);
            } else {
                wrong = wrong.max(margin);
            }
        }
        let (compound, weight) = (!example.cuts.is_empty(), example.weight);
        Some(Range { compound, weight, wrong, right })
    }

    fn learn(&mut self, example: &Example, rate: f32, weight: f32) {
        let Some((lexicon, _)) = self.corpora.get(example.lexicon) else { return };
        self.room.word.clone_from(&example.word);
        self.room.analyse(lexicon);
        let shift = u32::BITS - self.options.bits;
        let all = self.options.bits == 0 || self.options.dropout == 0.0;
        let draw = if all { 1.0 } else { self.random.unit() };
        let use_spelled = self.options.bits > 0 && draw >= self.options.dropout / 2.0;
        let use_lexical = !use_spelled || draw >= self.options.dropout;
        for gap in self.room.gaps() {
            if !self.room.word.is_open(gap) {
                continue;
            }
            let Room { word, matches, extractor } = &self.room;
            let mut features =
                Features { lexical: extractor.lexical(word, matches, gap), spelled: [0; SPELLED] };
            // The bias is always there: it is the first of the lexical features.
            let lexical = if use_lexical { features.lexical.len() } else { 1 };
            let lexical = features.lexical.iter().take(lexical);
            let mut logit: f32 =
                lexical.clone().map(|&at| self.lexical.weight(usize::from(at))).sum();
            if use_spelled {
                features.spelled = extractor.spelled(word, matches, gap);
                logit += features
                    .spelled
                    .iter()
                    .map(|&hash| self.spelled.weight((hash >> shift) as usize))
                    .sum::<f32>();
            }
            let truth = f32::from(u8::from(example.cuts.contains(&gap)));
            let gradient = weight * (1.0 / (1.0 + (-logit).exp()) - truth);
            if gradient.abs() < 1e-4 {
                continue;
            }
            for &at in lexical {
                self.lexical.learn(usize::from(at), gradient, rate, self.options.decay);
            }
            if use_spelled {
                for &hash in &features.spelled {
                    let at = (hash >> shift) as usize;
                    self.spelled.learn(at, gradient, rate, self.options.decay);
                }
            }
        }
    }
}

/// For which thresholds a word is right: from its largest wrong to its smallest right margin.
struct Range {
    compound: bool,
    weight: f32,
    wrong: f32,
    right: f32,
}

/// The threshold by which compounds and other words, each kind taken as a half, are most often
/// cut as they should be.
fn threshold(ranges: &[Range], caution: f32) -> f32 {
    let count = |compound: bool| {
        let of = ranges.iter().filter(|range| range.compound == compound);
        of.map(|range| range.weight).sum::<f32>().max(1e-6)
    };
    let shares = [count(false) / caution, count(true)];
    let mut changes: Vec<(f32, f32)> = Vec::new();
    for range in ranges.iter().filter(|range| range.wrong < range.right) {
        let [single, compound] = shares;
        let share = if range.compound { compound } else { single };
        changes.push((range.wrong, range.weight / share));
        changes.push((range.right, -range.weight / share));
    }
    changes.sort_by(|left, right| left.0.total_cmp(&right.0));
    let (mut sum, mut best, mut chosen) = (0.0, f32::NEG_INFINITY, 0.0);
    for (at, (margin, change)) in changes.iter().enumerate() {
        sum += change;
        let next = changes.get(at + 1).map_or(*margin, |next| next.0);
        if margin.is_finite() && next.is_finite() && sum > best {
            best = sum;
            chosen = f32::midpoint(*margin, next);
        }
    }
    chosen
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A panic is how a test fails.
mod tests {
    use super::super::lexicon::Entry;
    use super::*;

    const WORDS: [&str; 8] = ["haus", "boot", "tür", "garten", "tisch", "bein", "licht", "schirm"];

    fn labelled() -> Vec<Labelled> {
        let mut found = Vec::new();
        for left in WORDS {
            found.push(Labelled { word: left.to_owned(), cuts: Vec::new(), weight: 1.0 });
            for right in WORDS.iter().filter(|&&right| right != left) {
                let word = format!("{left}{right}");
                found.push(Labelled { word, cuts: vec![left.len()], weight: 1.0 });
            }
        }
        found
    }

    fn trained(runs: usize) -> Result<Weights, Error> {
        let entry = |word: &&str| Entry { word: (*word).to_owned(), noun: false };
        let lexicon = Lexicon::new(&WORDS.iter().map(entry).collect::<Vec<_>>(), true)?;
        let options = Training { runs, bits: 10, ..Training::default() };
        train(&[(&lexicon, &labelled())], &options, None)
    }

    #[test]
    fn the_mean_of_runs_is_the_same_each_time_and_not_that_of_one() {
        let mean = trained(3).unwrap();
        assert_eq!(mean, trained(3).unwrap());
        assert_ne!(mean.spelled, trained(1).unwrap().spelled);
        assert!(mean.threshold.is_finite());
    }

    #[test]
    fn a_training_that_is_never_run_is_refused() {
        let error = trained(0).unwrap_err();
        assert_eq!(error.to_string(), "runs must be from 1 to 100, not 0");
    }

    #[test]
    fn forms_of_a_word_are_left_out_together() {
        let fold = |word: &str| {
            let labelled = Labelled { word: word.to_owned(), cuts: Vec::new(), weight: 1.0 };
            example(&labelled, 0).unwrap().unwrap().fold(7)
        };
        assert_eq!(fold("gartenhaus"), fold("gartenhäuser"));
        let folds: std::collections::HashSet<usize> =
            labelled().iter().map(|labelled| fold(&labelled.word)).collect();
        assert!(folds.len() > 1 && folds.iter().all(|&fold| fold < 7));
    }

    #[test]
    fn the_threshold_lies_where_most_words_are_right() {
        let range = |compound, wrong, right| Range { compound, weight: 1.0, wrong, right };
        let whole = [range(false, -2.0, f32::INFINITY), range(false, 0.5, f32::INFINITY)];
        let compounds = [range(true, -3.0, 1.5), range(true, -3.0, 0.7)];
        let ranges: Vec<Range> = whole.into_iter().chain(compounds).collect();
        let chosen = threshold(&ranges, 1.0);
        assert!(chosen > 0.5 && chosen < 0.7, "{chosen}");
    }
}
