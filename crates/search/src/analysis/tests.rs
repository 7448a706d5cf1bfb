//! Terms of Chinese, English and mixed text.

use super::*;

fn texts(text: &str, grain: Grain) -> Vec<String> {
    let analyser = Analyser::shared().unwrap();
    let text = analyser.normalise(text);
    analyser.pieces(&text, grain).into_iter().map(|piece| piece.text).collect()
}

#[test]
fn a_text_has_three_shadows() {
    assert_eq!(texts("办理社保卡", Grain::Single), ["办", "理", "社", "保", "卡"]);
    assert_eq!(texts("办理社保卡", Grain::Pair), ["办理", "理社", "社保", "保卡"]);
    assert_eq!(texts("住房公积金", Grain::Word), ["住房", "公积金"]);
}

#[test]
fn english_is_stemmed_and_width_and_case_do_not_matter() {
    assert_eq!(texts("Ｐａｓｓｐｏｒｔ Applications", Grain::Word), ["passport", "applic"]);
    assert_eq!(texts("A类", Grain::Pair), ["a", "类"]);
}

#[test]
fn traditional_characters_and_words_become_simplified_ones() {
    let analyser = Analyser::shared().unwrap();
    assert_eq!(analyser.normalise("網際網路"), "互联网");
    assert_eq!(analyser.normalise("社會保險"), "社会保险");
    assert_eq!(analyser.aligned("網際網路").len(), 4);
}

#[test]
fn no_phrase_reaches_across_punctuation() {
    let analyser = Analyser::shared().unwrap();
    let pieces = analyser.pieces("社保，住房", Grain::Pair);
    assert!(pieces[1].position > pieces[0].position + 1);
}

#[test]
fn letters_are_cut_into_syllables() {
    assert_eq!(pinyin::cut("shebao").unwrap(), ["she", "bao"]);
    assert_eq!(pinyin::cut("gongjijin").unwrap(), ["gong", "ji", "jin"]);
    assert_eq!(pinyin::cut("xi'an").unwrap(), ["xi", "an"]);
    assert_eq!(pinyin::cut("passport"), None);
    assert_eq!(pinyin::cut("'"), None);
}

#[test]
fn polyphones_have_all_their_readings() {
    assert!(pinyin::readings('重').contains(&"chong"));
    assert!(pinyin::readings('行').contains(&"hang"));
    assert!(pinyin::readings('会').contains(&"kuai"));
}
