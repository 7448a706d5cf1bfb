//! The index: one writer for its whole life, one reader that is told when to look again.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use tantivy::directory::MmapDirectory;
use tantivy::indexer::LogMergePolicy;
use tantivy::schema::Value;
use tantivy::{
    DocAddress, Index, IndexReader, IndexWriter, ReloadPolicy, Searcher, TantivyDocument, Term,
};
use vocab::{Item, ItemId, Lang};

use crate::analysis::Analyser;
use crate::document::{Card, document};
use crate::lexicon::{Lexicon, Material, PopularQuery, Suggestion};
use crate::schema::{Fields, tokenizers};
use crate::{SearchError, metrics};

/// Memory of the writer in bytes: small enough for a laptop, large enough not to make a segment a document.
const WRITER_MEMORY: usize = 64_000_000;
/// Share of deleted documents from which a segment is merged; the engine's default never reclaims them.
const DELETED_RATIO: f32 = 0.2;

/// The full-text index of the catalogue.
///
/// Reading is safe from any number of threads and never waits for writing. [`SearchIndex::apply`] and
/// [`SearchIndex::commit`] block: call them off the runtime's threads.
pub struct SearchIndex {
    pub(crate) fields: Fields,
    pub(crate) analyser: Arc<Analyser>,
    reader: IndexReader,
    writer: Mutex<Writer>,
    lexicon: RwLock<Arc<Lexicon>>,
}

struct Writer {
    index: IndexWriter,
    material: Material,
}

impl fmt::Debug for SearchIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SearchIndex").field("documents", &self.len()).finish_non_exhaustive()
    }
}

impl SearchIndex {
    /// Opens the index in `dir`, or makes an empty one there. A local disk, please: the files are mapped.
    ///
    /// # Errors
    /// When the directory cannot be used, holds an index of another schema, or is locked by another process.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self, SearchError> {
        std::fs::create_dir_all(&dir)?;
        let fields = Fields::new();
        let directory = MmapDirectory::open(dir)?;
        let index = Index::open_or_create(directory, fields.schema.clone())?;
        Self::with(index, fields)
    }

    /// An empty index that lives in memory.
    ///
    /// # Errors
    /// When the dictionaries cannot be loaded or a thread cannot be started.
    pub fn in_memory() -> Result<Self, SearchError> {
        let fields = Fields::new();
        Self::with(Index::create_in_ram(fields.schema.clone()), fields)
    }

    fn with(mut index: Index, fields: Fields) -> Result<Self, SearchError> {
        let analyser = Analyser::shared()?;
        index.set_tokenizers(tokenizers(&analyser));
        let writer: IndexWriter = index.writer_with_num_threads(1, WRITER_MEMORY)?;
        let mut merges = LogMergePolicy::default();
        merges.set_del_docs_ratio_before_merge(DELETED_RATIO);
        writer.set_merge_policy(Box::new(merges));
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let material = Material::default();
        let lexicon = RwLock::new(Arc::new(Lexicon::build(&material)?));
        let writer = Mutex::new(Writer { index: writer, material });
        let opened = Self { fields, analyser, reader, writer, lexicon };
        opened.reread()?;
        Ok(opened)
    }

    /// Rebuilds the word lists from the stored cards.
    fn reread(&self) -> Result<(), SearchError> {
        let searcher = self.reader.searcher();
        let mut writer = self.writer.lock();
        for (ordinal, segment) in (0_u32..).zip(searcher.segment_readers()) {
            for doc in segment.doc_ids_alive() {
                let (card, _) = self.stored(&searcher, DocAddress::new(ordinal, doc))?;
                writer.material.insert(&card, &self.analyser);
            }
        }
        *self.lexicon.write() = Arc::new(Lexicon::build(&writer.material)?);
        report(&searcher);
        Ok(())
    }

    /// Adds, replaces and removes items; nothing is seen before [`SearchIndex::commit`].
    ///
    /// An item that may not be served (invariant 8) is removed, whatever it was before.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub fn apply(&self, upserts: &[Item], deletes: &[ItemId]) -> Result<(), SearchError> {
        let mut writer = self.writer.lock();
        for id in deletes {
            writer.index.delete_term(Term::from_field_text(self.fields.id, id.as_str()));
            writer.material.remove(id);
        }
        for item in upserts {
            writer.index.delete_term(Term::from_field_text(self.fields.id, item.id.as_str()));
            if item.is_servable() {
                let (document, card) = document(item, &self.fields, &self.analyser)?;
                writer.index.add_document(document)?;
                writer.material.insert(&card, &self.analyser);
            } else {
                writer.material.remove(&item.id);
            }
        }
        Ok(())
    }

    /// Makes everything applied so far visible, durable, and gone where it was removed.
    ///
    /// Costs 0.1 s on a large index: batch about a hundred changes or a second of them.
    ///
    /// # Errors
    /// When the index cannot be written; what was applied is then kept for the next commit.
    pub fn commit(&self) -> Result<(), SearchError> {
        let mut writer = self.writer.lock();
        writer.index.commit()?;
        self.reader.reload()?;
        *self.lexicon.write() = Arc::new(Lexicon::build(&writer.material)?);
        ::metrics::counter!(metrics::COMMITS).increment(1);
        report(&self.reader.searcher());
        Ok(())
    }

    /// Removes everything; seen after [`SearchIndex::commit`]. The start of a full re-index.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub fn clear(&self) -> Result<(), SearchError> {
        let mut writer = self.writer.lock();
        writer.index.delete_all_documents()?;
        let queries = std::mem::take(&mut writer.material);
        writer.material = queries.without_items();
        Ok(())
    }

    /// Replaces the queries of others that may be suggested; seen after [`SearchIndex::commit`].
    pub fn set_popular_queries(&self, queries: &[PopularQuery]) {
        self.writer.lock().material.set_queries(queries, &self.analyser);
    }

    /// Waits until merges under way are done, then lets go of the directory.
    ///
    /// # Errors
    /// When a merge failed.
    pub fn close(self) -> Result<(), SearchError> {
        Ok(self.writer.into_inner().index.wait_merging_threads()?)
    }

    /// Documents that can be found.
    pub fn len(&self) -> u64 {
        self.reader.searcher().num_docs()
    }

    /// Whether nothing can be found.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Completions of what is being typed: by characters, pinyin (`shebao`) or initials (`sb`), services first.
    pub fn suggest(&self, prefix: &str, lang: Lang, limit: usize) -> Vec<Suggestion> {
        let cut: String = prefix.chars().take(crate::query::MAX_QUERY).collect();
        self.lexicon().complete(&self.analyser.key(&cut), lang, limit.min(crate::query::MAX_LIMIT))
    }

    pub(crate) fn lexicon(&self) -> Arc<Lexicon> {
        Arc::clone(&self.lexicon.read())
    }

    pub(crate) fn searcher(&self) -> Searcher {
        self.reader.searcher()
    }

    /// The card and the body of a document.
    pub(crate) fn stored(
        &self,
        searcher: &Searcher,
        at: DocAddress,
    ) -> Result<(Card, String), SearchError> {
        let document: TantivyDocument = searcher.doc(at)?;
        let card = document
            .get_first(self.fields.card)
            .and_then(|value| value.as_bytes().map(<[u8]>::to_vec));
        let body = document
            .get_first(self.fields.body)
            .and_then(|value| value.as_str().map(str::to_owned));
        Ok((serde_json::from_slice(&card.unwrap_or_default())?, body.unwrap_or_default()))
    }
}

fn report(searcher: &Searcher) {
    ::metrics::gauge!(metrics::DOCUMENTS).set(searcher.num_docs() as f64);
    ::metrics::gauge!(metrics::SEGMENTS).set(searcher.segment_readers().len() as f64);
    tracing::debug!(
        index.documents = searcher.num_docs(),
        index.segments = searcher.segment_readers().len(),
        "search index is up to date"
    );
}
