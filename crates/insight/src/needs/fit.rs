//! Learning to recognise needs: folds, weak labels, the choice on held-out items, the needs of the whole catalogue.

use std::fmt;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use vocab::Taxonomy;

use super::calibrate::{Calibration, FAMILIES, Pair};
use super::evidence::{Document, Evidence};
use super::lexicon::Lexicon;
use super::{Bag, Catalogue, ItemText, Leaf, NeedModel, NeedParams, tokens};
use crate::{InsightError, Result};

/// The fold nothing is learnt from before it has judged.
const HELD_OUT: u64 = 4;
/// Texts of a fold that calibrate or judge, at most.
const MAX_PAIR_TEXTS: usize = 1_000;
/// Texts that teach the linear machines, at most: every n-gram of each is in memory while they learn.
const MACHINE_TEXTS: usize = 20_000;

/// How well needs are recognised, measured on items no part of the measured model saw.
///
/// Where the labels are weak, every
/// second text has the words that made its labels hidden, so that the number does not measure the words themselves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NeedReport {
    /// Items labelled by editors.
    pub labelled: u32,
    /// Items labelled weakly, by the taxonomy's words.
    pub weak: u32,
    /// Items without any label: they teach nothing.
    pub unlabelled: u32,
    /// Items held out and measured; 0 where there were too few, then the figures below are 0 too.
    pub held_out: u32,
    /// The family of evidence that won.
    pub chosen: String,
    /// Log-loss of every family on held-out items.
    pub log_losses: Vec<(String, f64)>,
    /// Share of held-out items whose most probable need is right.
    pub top1: f64,
    /// Macro-F1 over needs at probability 0.5.
    pub macro_f1: f64,
    /// Expected calibration error of the most probable need, ten bins: claimed probability against share right.
    pub calibration_error: f64,
}

impl fmt::Display for NeedReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} items labelled by editors, {} by words, {} not; ",
            self.labelled, self.weak, self.unlabelled
        )?;
        if self.held_out == 0 {
            return write!(f, "too few to hold out, uses {}", self.chosen);
        }
        write!(
            f,
            "on {} held out {} won: right need first {:.3}, macro-F1 {:.3}, calibration error {:.4}",
            self.held_out, self.chosen, self.top1, self.macro_f1, self.calibration_error
        )
    }
}

/// With fewer labelled texts to calibrate on, the taxonomy's own words help out.
const MIN_CALIBRATION_TEXTS: usize = 100;

/// A text with its labels and its fold.
struct Labelled {
    text: String,
    labels: Vec<u16>,
    strong: bool,
    hash: u64,
}

impl Labelled {
    /// 0 to 3 teach and, each judged by the others, calibrate; 4 is held out.
    fn fold(&self) -> u64 {
        self.hash % (HELD_OUT + 1)
    }

    /// For teaching: the whole text, its terms only where it is one of those the machines learn from.
    fn teaching(
        &self,
        lexicon: &Lexicon,
        params: &NeedParams,
        needs: usize,
        last_machine_text: u64,
    ) -> Document {
        let teaches = self.hash <= last_machine_text;
        let bag = if teaches { Bag::of_normal(&self.text) } else { Bag::default() };
        self.document(&self.text, bag, lexicon, params, needs)
    }

    /// For measuring: every second weakly labelled text without the words that made its label.
    fn measured(&self, lexicon: &Lexicon, params: &NeedParams, needs: usize) -> Document {
        let hidden;
        let text = if !self.strong && (self.hash >> 8).is_multiple_of(2) {
            hidden = lexicon.hide(&self.text, &self.labels);
            &hidden
        } else {
            &self.text
        };
        self.document(text, Bag::of_normal(text), lexicon, params, needs)
    }

    fn document(
        &self,
        text: &str,
        bag: Bag,
        lexicon: &Lexicon,
        params: &NeedParams,
        needs: usize,
    ) -> Document {
        Document {
            tokens: tokens::hashed(text, params.buckets),
            bag,
            words: lexicon.scores(text, needs),
            labels: self.labels.clone(),
        }
    }
}

impl NeedModel {
    /// Learns from item texts and the taxonomy. Works without any text: the taxonomy's names and words are then the
    /// only documents. `progress` gets the share done, 0 to 1.
    ///
    /// # Errors
    /// A taxonomy without needs, or a label outside it.
    pub fn fit(
        texts: &[ItemText],
        taxonomy: &Taxonomy,
        params: &NeedParams,
        progress: &dyn Fn(f32),
    ) -> Result<(Self, NeedReport)> {
        let needs = taxonomy.needs.len();
        check(texts, needs)?;
        let mut sorted: Vec<&ItemText> = texts.iter().collect();
        sorted.sort_by(|a, b| (&a.id, &a.text, &a.labels).cmp(&(&b.id, &b.text, &b.labels)));
        sorted.dedup_by(|next, kept| next.id == kept.id);
        let normal: Vec<String> =
            sorted.par_iter().map(|item| tokens::normalise(&item.text)).collect();
        let lexicon = Lexicon::build(taxonomy, &normal);
        progress(0.1);

        let mut report = NeedReport::default();
        let labelled = label(&sorted, &normal, &lexicon, params, needs, &mut report);
        let last_machine_text = nth_hash(&labelled, MACHINE_TEXTS);
        let (own, own_queries) = taxonomy_documents(taxonomy, &lexicon, params);
        let full: Vec<Document> = labelled
            .par_iter()
            .map(|item| item.teaching(&lexicon, params, needs, last_machine_text))
            .collect();
        progress(0.4);
        // Evidence from every fold but one, so that no text is judged by what it taught.
        let fit = |use_fold: &dyn Fn(u64) -> bool| {
            let inside = labelled.iter().zip(&full).filter(|(item, _)| use_fold(item.fold()));
            let taught: Vec<&Document> = inside.map(|(_, doc)| doc).chain(&own).collect();
            Evidence::fit(&taught, needs, params)
        };
        let pairs = |evidence: &Evidence, fold: u64| -> Vec<Pair> {
            let inside: Vec<&Labelled> =
                labelled.iter().filter(|item| item.fold() == fold).take(MAX_PAIR_TEXTS).collect();
            let rows: Vec<Vec<Pair>> = inside
                .par_iter()
                .map(|item| pairs_of(evidence, &item.measured(&lexicon, params, needs)))
                .collect();
            rows.concat()
        };
        let mut calibration_pairs = Vec::new();
        for fold in 0..HELD_OUT {
            let evidence = fit(&|other| other != fold && other != HELD_OUT);
            calibration_pairs.extend(pairs(&evidence, fold));
        }
        let teaching = fit(&|fold| fold != HELD_OUT);
        // The taxonomy's own queries are not like items; they stand in only where there are too few of those.
        if calibration_pairs.len() < MIN_CALIBRATION_TEXTS * needs {
            for query in &own_queries {
                calibration_pairs.extend(pairs_of(&teaching, query));
            }
        }
        let held_out = pairs(&teaching, HELD_OUT);
        progress(0.6);
        let calibration = choose(&calibration_pairs, &held_out, needs, &mut report)?;
        progress(0.8);

        let evidence = fit(&|_| true);
        let mut model = Self {
            params: params.clone(),
            leaves: taxonomy.needs.iter().map(leaf).collect(),
            lexicon,
            evidence,
            calibration,
            catalogue: Catalogue::default(),
        };
        model.catalogue = model.describe(&sorted, &normal);
        progress(1.0);
        Ok((model, report))
    }

    /// The needs of every item: an editor's labels are certain, others inferred.
    fn describe(&self, items: &[&ItemText], normal: &[String]) -> Catalogue {
        let found: Vec<Vec<(u16, f32)>> = items
            .par_iter()
            .zip(normal)
            .map(|(item, text)| {
                if item.labels.is_empty() {
                    return self.item_needs(text);
                }
                item.labels.iter().map(|&need| (need, 1.0)).collect()
            })
            .collect();
        let mut catalogue = Catalogue { offsets: vec![0], ..Catalogue::default() };
        for (item, needs) in items.iter().zip(found) {
            catalogue.items.push(item.id.clone());
            for (need, probability) in needs {
                catalogue.needs.push(need);
                catalogue.probabilities.push(probability);
            }
            catalogue.offsets.push(catalogue.needs.len() as u32);
        }
        catalogue
    }
}

fn leaf(need: &vocab::Need) -> Leaf {
    Leaf {
        id: need.id.clone(),
        zh: need.zh.clone(),
        en: need.en.clone(),
        sensitivity: need.sensitivity,
    }
}

fn check(texts: &[ItemText], needs: usize) -> Result<()> {
    let fail = |detail: String| Err(InsightError::Fit { model: "needs", detail });
    if needs == 0 || needs > usize::from(u16::MAX) {
        return fail(format!("the taxonomy has {needs} needs"));
    }
    for text in texts {
        if let Some(label) = text.labels.iter().find(|&&label| label as usize >= needs) {
            return fail(format!("label {label} of an item is outside the {needs} needs"));
        }
    }
    Ok(())
}

fn label(
    items: &[&ItemText],
    normal: &[String],
    lexicon: &Lexicon,
    params: &NeedParams,
    needs: usize,
    report: &mut NeedReport,
) -> Vec<Labelled> {
    let found: Vec<Labelled> = items
        .par_iter()
        .zip(normal)
        .map(|(item, text)| {
            let strong = !item.labels.is_empty();
            let labels = if strong {
                item.labels.clone()
            } else {
                lexicon.labels(text, needs, params.weak_threshold)
            };
            let hash = tokens::fnv(item.id.as_str().as_bytes());
            // FNV's low bits of short, similar ids are not even; a final mix makes them so.
            let hash = (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 16;
            Labelled { text: text.clone(), labels, strong, hash }
        })
        .collect();
    report.labelled = found.iter().filter(|item| item.strong).count() as u32;
    report.unlabelled = found.iter().filter(|item| item.labels.is_empty()).count() as u32;
    report.weak = found.len() as u32 - report.labelled - report.unlabelled;
    found.into_iter().filter(|item| !item.labels.is_empty()).collect()
}

/// Two documents a need from the taxonomy alone: one teaches, one (the other half of the words) calibrates.
fn taxonomy_documents(
    taxonomy: &Taxonomy,
    lexicon: &Lexicon,
    params: &NeedParams,
) -> (Vec<Document>, Vec<Document>) {
    let needs = taxonomy.needs.len();
    let document = |words: Vec<&str>, need: usize| {
        let text = tokens::normalise(&words.join("，"));
        Document {
            tokens: tokens::hashed(&text, params.buckets),
            bag: Bag::of_normal(&text),
            words: lexicon.scores(&text, needs),
            labels: vec![need as u16],
        }
    };
    let (mut teach, mut ask) = (Vec::new(), Vec::new());
    for (need, leaf) in taxonomy.needs.iter().enumerate() {
        let words = leaf.kw_zh.iter().chain(&leaf.kw_en).map(String::as_str);
        let (mut even, mut odd) = (vec![leaf.zh.as_str(), leaf.en.as_str()], Vec::new());
        for (position, word) in words.enumerate() {
            if position % 2 == 0 { even.push(word) } else { odd.push(word) }
        }
        if !odd.is_empty() {
            // Without the lexicon, which knows every one of these words.
            let mut query = document(odd, need);
            if need % 2 == 0 {
                query.words.fill(0.0);
            }
            ask.push(query);
        }
        teach.push(document(even, need));
    }
    (teach, ask)
}

/// The hash that so many texts do not exceed.
fn nth_hash(labelled: &[Labelled], n: usize) -> u64 {
    let mut hashes: Vec<u64> = labelled.iter().map(|item| item.hash).collect();
    hashes.sort_unstable();
    hashes.get(n).map_or(u64::MAX, |&beyond| beyond.saturating_sub(1))
}

fn pairs_of(evidence: &Evidence, document: &Document) -> Vec<Pair> {
    evidence
        .features(&document.tokens, &document.bag, &document.words)
        .into_iter()
        .enumerate()
        .map(|(need, row)| (row, document.labels.contains(&(need as u16))))
        .collect()
}

/// Fits every family on the calibration pairs and keeps the one with the lowest log-loss on held-out pairs.
fn choose(
    calibration: &[Pair],
    held_out: &[Pair],
    needs: usize,
    report: &mut NeedReport,
) -> Result<Calibration> {
    let texts = held_out.len() / needs;
    // Below this many texts the choice would be noise; the calibration pairs decide instead.
    let enough = texts >= 20;
    let judge = if enough { held_out } else { calibration };
    let mut best: Option<(f64, Calibration)> = None;
    for family in FAMILIES {
        let fitted = Calibration::fit(family, calibration);
        let loss = fitted.log_loss(judge);
        report.log_losses.push((fitted.name.clone(), loss));
        if best.as_ref().is_none_or(|(lowest, _)| loss < *lowest) {
            best = Some((loss, fitted));
        }
    }
    let Some((_, chosen)) = best else {
        let detail = "no family of evidence could be fitted".to_owned();
        return Err(InsightError::Fit { model: "needs", detail });
    };
    report.chosen.clone_from(&chosen.name);
    if enough {
        report.held_out = texts as u32;
        measure(&chosen, held_out, needs, report);
    }
    Ok(chosen)
}

fn measure(chosen: &Calibration, held_out: &[Pair], needs: usize, report: &mut NeedReport) {
    let mut counts = vec![(0_u32, 0_u32, 0_u32); needs];
    let mut right = 0_u32;
    let mut tops: Vec<(f32, bool)> = Vec::new();
    for text in held_out.chunks_exact(needs) {
        let mut top = (0_u32, f32::NEG_INFINITY);
        for (need, (row, has)) in text.iter().enumerate() {
            let p = chosen.probability(row);
            if p > top.1 {
                top = (need as u32, p);
            }
            let count = &mut counts[need];
            match (p >= 0.5, *has) {
                (true, true) => count.0 += 1,
                (true, false) => count.1 += 1,
                (false, true) => count.2 += 1,
                (false, false) => {}
            }
        }
        let is_right = text[top.0 as usize].1;
        right += u32::from(is_right);
        tops.push((top.1, is_right));
    }
    let present: Vec<f64> = counts
        .iter()
        .filter(|(hits, _, missed)| hits + missed > 0)
        .map(|&(hits, wrong, missed)| 2.0 * f64::from(hits) / f64::from(2 * hits + wrong + missed))
        .collect();
    report.top1 = f64::from(right) / f64::from(report.held_out);
    report.macro_f1 = present.iter().sum::<f64>() / present.len().max(1) as f64;
    report.calibration_error = calibration_error(&tops);
}

/// Mean distance between claimed probability and share right, in ten bins. Only each text's most probable need counts:
/// the many needs a text clearly does not have would make any model look calibrated.
fn calibration_error(tops: &[(f32, bool)]) -> f64 {
    let mut bins = [(0_f64, 0_f64); 10];
    for &(claimed, is_right) in tops {
        let bin = &mut bins[((claimed * 10.0) as usize).min(9)];
        bin.0 += f64::from(claimed);
        bin.1 += f64::from(u8::from(is_right));
    }
    let total = tops.len().max(1) as f64;
    bins.iter().map(|(claimed, right)| (claimed - right).abs() / total).sum()
}
