//! No input fails, panics, or finds what is not there.

use std::sync::OnceLock;

use proptest::prelude::*;
use vocab::Lang;

use super::*;

fn shared() -> &'static SearchIndex {
    static SHARED: OnceLock<SearchIndex> = OnceLock::new();
    SHARED.get_or_init(|| {
        titled(&["社保卡申领", "住房公积金提取", "Passport renewal", "企业开办 A类", "臺灣居民"])
    })
}

fn check(q: &str, offset: usize, limit: usize) -> Result<(), TestCaseError> {
    let query = SearchQuery { offset, limit, ..SearchQuery::new(q, now()) };
    let results = shared().search(&query, &|_| f32::NAN).unwrap();
    prop_assert!(results.total <= 5);
    prop_assert!(results.hits.len() <= limit.min(5));
    for hit in &results.hits {
        prop_assert!(hit.score.is_finite());
        let plain = hit.title_html.replace("<em>", "").replace("</em>", "");
        prop_assert_eq!(&plain, hit.title.get(Lang::Zh));
    }
    prop_assert!(shared().suggest(q, Lang::En, limit).len() <= limit);
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_answered(q in "\\PC{0,40}", offset in 0_usize..8, limit in 0_usize..20) {
        check(&q, offset, limit)?;
    }

    #[test]
    fn mixtures_of_our_words_and_operators_are_answered(
        parts in proptest::collection::vec(
            prop_oneof![
                Just("社保"), Just("社"), Just("公積金"), Just("gong"), Just("shebao"), Just("sb"), Just("AND"),
                Just("\""), Just("("), Just("*"), Just("title:"), Just("~2"), Just(" "), Just("'"), Just("〔2017〕"),
                Just("Ａ"), Just("İ"), Just("ß"), Just("\u{0}"), Just("😀"), Just("〇"), Just("網際網路"), Just("ü"),
            ],
            0..12,
        ),
        offset in prop_oneof![Just(0_usize), Just(usize::MAX)],
    ) {
        check(&parts.concat(), offset, 10)?;
    }
}

#[test]
fn a_very_long_query_is_cut_and_answered() {
    let long = "社保公积金passport".repeat(10_000);
    assert_eq!(search(shared(), &long).total, 3);
    assert!(search(shared(), &"a".repeat(100_000)).total == 0);
}
