//! The fields of the index.

use std::sync::Arc;

use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::TokenizerManager;

use crate::analysis::tokenizer::{Shadow, Sound};
use crate::analysis::{Analyser, Grain};

/// A part of an item that words are looked for in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Title,
    Alias,
    Summary,
    Body,
}

impl Part {
    pub(crate) const ALL: [Self; 4] = [Self::Title, Self::Alias, Self::Summary, Self::Body];

    fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Alias => "alias",
            Self::Summary => "summary",
            Self::Body => "body",
        }
    }
}

/// Attributes that results are filtered by and counted over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attributes {
    pub(crate) kind: Field,
    pub(crate) dept: Field,
    pub(crate) region: Field,
    pub(crate) theme: Field,
    pub(crate) audience: Field,
    pub(crate) site: Field,
    pub(crate) year: Field,
}

/// Names of [`Attributes`], in the order of their counts.
pub(crate) const FACETS: [&str; 7] =
    ["kind", "dept", "region", "theme", "audience", "site", "year"];

/// Every field.
#[derive(Clone, Debug)]
pub(crate) struct Fields {
    pub(crate) schema: Schema,
    /// Key of the item.
    pub(crate) id: Field,
    /// `shadows[part][grain]`.
    shadows: [[Field; 3]; 4],
    /// Syllables and pairs of syllables of titles and aliases.
    pub(crate) sounds: Field,
    /// Initials of titles and aliases.
    pub(crate) initials: Field,
    /// Digests of titles and of the document number.
    pub(crate) exact: Field,
    /// What results are filtered by.
    pub(crate) by: Attributes,
    /// The division and every one above it.
    pub(crate) region_path: Field,
    /// Digest of the id: settles ties.
    pub(crate) tie: Field,
    /// Milliseconds at which the item stops being current; `i64::MIN` for repealed and archived ones.
    pub(crate) ends: Field,
    /// Milliseconds of publication.
    pub(crate) published: Field,
    /// What a result shows, as JSON.
    pub(crate) card: Field,
    /// The full text, for snippets.
    pub(crate) body: Field,
}

impl Fields {
    /// Builds the schema.
    pub(crate) fn new() -> Self {
        let mut builder = Schema::builder();
        let mut text = |name: &str, tokenizer: &str, positions: bool| {
            let record = if positions {
                IndexRecordOption::WithFreqsAndPositions
            } else {
                IndexRecordOption::WithFreqs
            };
            let indexing =
                TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(record);
            builder.add_text_field(name, TextOptions::default().set_indexing_options(indexing))
        };
        let shadows = Part::ALL.map(|part| {
            Grain::ALL.map(|grain| {
                let tokenizer = tokenizer_name(grain);
                // Phrases are looked for among the pairs of titles and aliases only.
                let positions = grain == Grain::Pair && matches!(part, Part::Title | Part::Alias);
                text(&format!("{}_{tokenizer}", part.name()), tokenizer, positions)
            })
        });
        let sounds = text("sounds", "sounds", true);
        let initials = text("initials", "initials", true);
        let mut attribute = |name: &str| builder.add_text_field(name, STRING | FAST);
        let [kind, dept, region, theme, audience, site, year] = FACETS.map(&mut attribute);
        Self {
            id: builder.add_text_field("id", STRING | STORED),
            shadows,
            sounds,
            initials,
            exact: builder.add_u64_field("exact", INDEXED | FAST),
            by: Attributes { kind, dept, region, theme, audience, site, year },
            region_path: builder.add_text_field("region_path", STRING),
            tie: builder.add_u64_field("tie", FAST),
            ends: builder.add_i64_field("ends", FAST),
            published: builder.add_i64_field("published", FAST),
            card: builder.add_bytes_field("card", STORED),
            body: builder.add_text_field("body", STORED),
            schema: builder.build(),
        }
    }

    /// The field of one shadow of one part.
    pub(crate) fn shadow(&self, part: Part, grain: Grain) -> Field {
        self.shadows[part as usize][grain as usize]
    }
}

fn tokenizer_name(grain: Grain) -> &'static str {
    match grain {
        Grain::Single => "single",
        Grain::Pair => "pair",
        Grain::Word => "word",
    }
}

/// The tokenizers the schema names.
pub(crate) fn tokenizers(analyser: &Arc<Analyser>) -> TokenizerManager {
    let manager = TokenizerManager::default();
    for grain in Grain::ALL {
        manager.register(tokenizer_name(grain), Shadow { analyser: Arc::clone(analyser), grain });
    }
    manager.register("sounds", Sound { initials: false });
    manager.register("initials", Sound { initials: true });
    manager
}
