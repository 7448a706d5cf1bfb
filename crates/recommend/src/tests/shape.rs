//! The answer as it is sent: pinned by a snapshot.

use vocab::Target;

use super::*;
use crate::{Profile, recommend};

#[test]
fn an_answer_looks_like_this() {
    let mut items: Vec<Item> = (0..6).map(|n| item(&format!("i{n}"))).collect();
    items[1].mandated = true;
    items[2].dept = "税务局".into();
    items[3].needs = vec!["p.home.fund".into()];
    items[4].relates_to = vec!["i5".into()];
    let profile = Profile {
        history: vec![used("i4", 5)],
        declared: vec!["p.home.fund".into()],
        subscriptions: vec![Target::Dept("税务局".into())],
        ..Profile::default()
    };
    let query = Query { limit: 5, profile, ..query(PrivacyMode::Profile) };
    let mut answer = recommend(&home(), &query, &world(&items));
    let shown: Vec<&str> = answer.response.items.iter().map(|item| item.id.as_str()).collect();
    let alone = crate::items(&home(), &query, &world(&items));
    assert_eq!(alone.iter().map(|id| id.as_str()).collect::<Vec<_>>(), shown);
    // The digest and the scores change with every tuning; the shape and the reasons do not.
    assert!(answer.response.policy.starts_with("home@"));
    answer.response.policy = "home@00000000".to_owned();
    answer.events[1].rec_policy = answer.response.policy.clone();
    for item in &mut answer.response.items {
        item.score = 1.0;
    }
    insta::assert_json_snapshot!("response", answer.response);
    insta::assert_json_snapshot!("impression", answer.events[1]);
}
