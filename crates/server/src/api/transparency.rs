//! What anybody may know of how lists are made: the rules, the models, what they learn from, and how to object.
//!
//! 互联网信息服务算法推荐管理规定 (2022), articles 16 and 17: tell the principles, purposes and main workings, and offer a way out;
//! 个人信息保护法 (PIPL), article 24. The content follows the United Kingdom's Algorithmic Transparency Recording Standard.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vocab::{Sensitivity, Text};

use crate::app::App;
use crate::http::extract::Json;
use crate::serving::models::Loaded;

/// A model, or what behaviour counts, in words.
#[derive(Debug, Serialize, ToSchema)]
pub struct Explained {
    /// `features`, `factors`, `neighbours`, `needs`, `content`.
    name: String,
    /// What it does and does not do.
    #[schema(value_type = Object)]
    about: Text,
}

/// What the models in service learnt from.
#[derive(Debug, Serialize, ToSchema)]
pub struct Learnt {
    /// Beginning of the artefact's digest, as on every answer.
    version: String,
    /// When.
    trained_at: String,
    /// Uses of items.
    uses: u64,
    /// Items used.
    items: usize,
    /// Pseudonymous visitors.
    visitors: u64,
    /// Visitors left out as robots.
    robots: u64,
}

/// Needs by what may be done with them (invariant 5).
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct NeedRules {
    /// Inferred from behaviour, with consent.
    inferred: usize,
    /// Inferred within a visit only, never stored.
    visit_only: usize,
    /// Never inferred: only where the person says so.
    declared_only: usize,
    /// Days after which behaviour counts half.
    half_life_days: f32,
}

/// A list and what it is made of.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListRules {
    /// Where it is shown.
    surface: String,
    /// Name and digest of its definition, as on every answer.
    policy: String,
    /// Where its items come from, in order.
    sources: Vec<&'static str>,
}

/// A way to see, correct or refuse.
#[derive(Debug, Serialize, ToSchema)]
pub struct WayOut {
    /// What it is for.
    #[schema(value_type = Object)]
    about: Text,
    /// Method and address.
    call: &'static str,
}

/// How lists are made.
#[derive(Debug, Serialize, ToSchema)]
pub struct Transparency {
    /// What personalisation does and never does.
    #[schema(value_type = Vec<Object>)]
    rules: Vec<Text>,
    /// The models.
    models: Vec<Explained>,
    /// What they learnt from; absent before the first training.
    #[serde(skip_serializing_if = "Option::is_none")]
    learnt: Option<Learnt>,
    /// What is done with needs.
    needs: NeedRules,
    /// What no model is given.
    #[schema(value_type = Object)]
    not_used: Text,
    /// The lists.
    lists: Vec<ListRules>,
    /// The ways out.
    ways_out: Vec<WayOut>,
}

/// How lists are made: rules, models, what they learn from, and how to object. For everybody, without a key.
#[utoipa::path(get, path = "/v1/transparency", tag = "me", responses((status = 200, body = Transparency)))]
pub async fn transparency(State(app): State<App>) -> Json<Transparency> {
    let definitions = app.models.definitions();
    let explained =
        |name: &str, about: &Text| Explained { name: name.to_owned(), about: about.clone() };
    let models = vec![
        explained("features", &definitions.features.explain),
        explained(&definitions.factors.name, &definitions.factors.explain),
        explained(&definitions.neighbours.name, &definitions.neighbours.explain),
        explained(&definitions.needs.name, &definitions.needs.explain),
        explained(&definitions.content.name, &definitions.content.explain),
    ];
    let mut needs = NeedRules {
        half_life_days: definitions.needs.params.half_life_days,
        ..NeedRules::default()
    };
    for need in &app.taxonomy.needs {
        match need.sensitivity {
            Sensitivity::Normal => needs.inferred += 1,
            Sensitivity::Guarded => needs.visit_only += 1,
            Sensitivity::Sensitive => needs.declared_only += 1,
        }
    }
    let pipelines = app.pipelines.all();
    let lists = pipelines.iter().map(|pipeline| ListRules {
        surface: pipeline.surface().to_owned(),
        policy: pipeline.policy().to_owned(),
        sources: pipeline.sources().collect(),
    });
    Json(Transparency {
        rules: rules(),
        models,
        learnt: app.models.loaded().map(|loaded| learnt(&loaded)),
        needs,
        not_used: Text::new(
            "不使用年龄、性别、民族、健康、宗教信息和精确位置",
            "Age, sex, ethnicity, health, religion and precise location are not used",
        ),
        lists: lists.collect(),
        ways_out: ways_out(),
    })
}

fn learnt(loaded: &Loaded) -> Learnt {
    let meta = &loaded.models.meta;
    Learnt {
        version: loaded.models.digest8().to_owned(),
        trained_at: loaded.trained_at.to_string(),
        uses: meta.uses,
        items: loaded.models.items.len(),
        visitors: meta.visitors,
        robots: meta.robots,
    }
}

fn rules() -> Vec<Text> {
    vec![
        Text::new(
            "个性化只调整顺序、补充内容，不隐藏任何信息，也不对个人作出决定",
            "Personalisation re-orders and adds; it hides nothing and decides about nobody",
        ),
        Text::new(
            "应急信息、上级要求转载的信息和编辑推荐始终在前，人人相同",
            "Emergencies, what every site must carry and what editors chose come first, for everybody",
        ),
        Text::new(
            "未经同意不建立画像：只参考本次访问（30分钟后忘记，不存档）；关闭个性化者看到人人相同的内容，形式和条数不变",
            "Without consent there is no profile: only the present visit counts, forgotten after 30 minutes and never stored; who switches personalisation off sees what everybody sees, in the same form",
        ),
        Text::new(
            "每一条都说明理由，并标明是否使用了个人信息",
            "Every item says why it is shown and whether anything personal was used",
        ),
        Text::new(
            "编辑可以置顶、屏蔽、调整内容，每次都记录是谁、为什么",
            "Editors can pin, block, raise or lower an item; who and why is on record each time",
        ),
    ]
}

fn ways_out() -> Vec<WayOut> {
    vec![
        WayOut {
            about: Text::new("查看系统对您的了解及依据", "See what is believed about you, and why"),
            call: "GET /v1/me",
        },
        WayOut {
            about: Text::new("关闭个性化推荐", "Switch personalisation off"),
            call: "PUT /v1/me/personalisation",
        },
        WayOut {
            about: Text::new(
                "删除需求标签，180天内不再推断",
                "Delete a need; it is not inferred again for 180 days",
            ),
            call: "DELETE /v1/me/needs/{id}",
        },
        WayOut {
            about: Text::new("导出或删除全部数据", "Export or erase everything"),
            call: "GET /v1/me/export, DELETE /v1/me",
        },
        WayOut {
            about: Text::new(
                "反馈某条推荐没有用、不感兴趣或内容有误",
                "Say that an item was of no use, of no interest, or wrong",
            ),
            call: "POST /v1/recommendations/{request_id}/feedback",
        },
    ]
}
