//! Tests of the text classifier: it learns, it is exact about itself, and it beats what it must.

use super::*;
use crate::samples::on_threads;

fn sample() -> Vec<(&'static str, Vec<u16>)> {
    vec![
        ("食品经营许可证核发", vec![0]),
        ("食品经营许可证注销", vec![0]),
        ("食品生产许可", vec![0]),
        ("护士执业注册", vec![1]),
        ("护士延续注册", vec![1]),
        ("医师执业注册", vec![1]),
        ("食品从业护士体检", vec![0, 1]),
        ("公证员执业", vec![2]),
        ("公证业务预约", vec![2]),
    ]
}

#[test]
fn classes_are_recognised_in_texts_never_seen() {
    let classifier = TextClassifier::fit(&sample(), 4, &TextParams::default()).unwrap();
    assert_eq!(classifier.classes_of("食品经营许可变更"), [0]);
    assert_eq!(classifier.class_of("护士变更注册"), Some(1));
    assert_eq!(classifier.class_of("预约公证"), Some(2));
    // Nobody has the fourth class.
    assert!(classifier.scores("食品经营许可变更")[3] <= -1.0);
}

#[test]
fn what_is_no_text_is_no_reason_to_stumble() {
    let classifier = TextClassifier::fit(&sample(), 3, &TextParams::default()).unwrap();
    for text in ["", " ", "\u{0}", "zzz", "𠮷野家"] {
        assert!(classifier.scores(text).iter().all(|score| score.is_finite()), "{text}");
        assert_eq!(classifier.classes_of(text).len(), 1, "{text}");
    }
    let empty = TextClassifier::fit(&[], 2, &TextParams::default()).unwrap();
    assert_eq!(empty.scores("食品"), [-1.0, -1.0]);
    assert_eq!(TextClassifier::fit(&[], 0, &TextParams::default()).unwrap().class_of("食品"), None);
}

#[test]
fn any_number_of_threads_gives_the_same_machines() {
    let fit = || TextClassifier::fit(&sample(), 3, &TextParams::default()).unwrap();
    assert_eq!(on_threads(1, fit), on_threads(3, fit));
}

#[test]
fn the_machine_is_at_the_optimum() {
    // Two texts without a common term: by symmetry w = ±t and no bias; the loss is t² + 2C(1 − t)², so t = 2C/(1 + 2C).
    let rows = [vec![(0, 1.0)], vec![(1, 1.0)]];
    let params = TextParams { cost: 2.0, ..TextParams::default() };
    let (weights, bias) = machine::fit(&rows, &[true, false], 2, &params, 1);
    let expected = 4.0 / 5.0;
    assert!((weights[0] - expected).abs() < 0.01, "{weights:?}");
    assert!((weights[1] + expected).abs() < 0.01 && bias.abs() < 0.01, "{weights:?} {bias}");
}
