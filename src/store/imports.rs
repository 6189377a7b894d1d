//! Which files were imported, and how far: so that none is counted twice, and one that was interrupted goes on.
//!
//! A file is known by the digest of its first bytes, and what was counted of it by the digest of all of that; neither its
//! name nor anything that stands in it is kept. Before a batch is sent it is noted where it ends, and after the store has it,
//! that it arrived: whoever comes after a crash makes the same batch again under the same id, and the store counts an
//! id once.
//!
//! An import may be begun at most once at a time: the file is locked while an [`Imports`] is open.

use std::fs::{File, TryLockError};

use rusqlite::{Connection, Row, named_params};

use super::file::Kind;
use super::{BatchId, Settings, StoreError};

/// Most files remembered of one site.
pub const FILES_MAX: usize = 10_000;
/// Most ends remembered of one file: one a day for ten years.
pub const ENDS_MAX: usize = 4_000;

const IMPORTS: Kind = Kind {
    file: "imports.db",
    schema: &[include_str!("sql/imports_schema.sql"), include_str!("sql/imports_schema_2.sql")],
};

/// A hash by BLAKE3, or a digest of a file.
pub type Hash = [u8; 32];

/// So many bytes of the digest of a short file tell of its content.
pub const FEW_BYTES: usize = 2;

/// Is the digest that was kept this one? Of short files that an earlier build counted, only the bytes about the content are
/// left.
pub fn is_same(kept: &Hash, now: &Hash) -> bool {
    let is_of_content_only = kept[FEW_BYTES..].iter().all(|byte| *byte == 0);
    kept == now || (is_of_content_only && kept[..FEW_BYTES] == now[..FEW_BYTES])
}

/// The files in `imports.db`.
pub struct Imports {
    connection: Connection,
    _lock: File,
}

/// One file, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Its number.
    pub id: i64,
    /// What it was counted with.
    pub rules: Hash,
    /// Where counting began with nothing in memory. Unit: bytes, like all positions.
    pub base: u64,
    /// How far the store has its sums.
    pub counted: u64,
    /// The same in lines.
    pub counted_lines: u64,
    /// The digest of the content up to there.
    pub content: Hash,
    /// The name of its next batch.
    pub next: BatchId,
    /// The batch that was on its way when the program ended.
    pub pending: Option<Cut>,
    /// From where on it is still in the statistics, if taking it back was begun.
    pub undone: Option<u64>,
    /// Where the file ended, each time it was imported.
    pub ends: Vec<u64>,
}

/// Where a batch ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The position. Unit: bytes.
    pub position: u64,
    /// Did the file end there?
    pub is_end: bool,
}

/// How far a file was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Where the last batch ended.
    pub cut: Cut,
    /// The lines up to there.
    pub lines: u64,
    /// The digest of the content up to there.
    pub content: Hash,
}

impl Imports {
    /// Opens the file, and makes it where it is missing. `None`: another import has it open.
    pub fn open(settings: &Settings) -> Result<Option<Self>, StoreError> {
        let connection = IMPORTS.open(&settings.path)?;
        // What a digest was before is not to be found behind the one that took its place.
        connection.pragma_update(None, "secure_delete", "on").map_err(error)?;
        let path = settings.path.join("imports.lock");
        let file = |source| StoreError::File { path: path.clone(), source };
        let lock = File::create(&path).map_err(file)?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Self { connection, _lock: lock })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(file(source)),
        }
    }

    /// The file of this site that begins with what `hash` says: the digest of so many first bytes, if there are so many.
    pub fn find(
        &self,
        site: &str,
        mut hash: impl FnMut(usize) -> Option<Hash>,
    ) -> Result<Option<Import>, StoreError> {
        let mut statement =
            self.connection.prepare_cached(include_str!("sql/imports_heads.sql")).map_err(error)?;
        let limit = i64::try_from(FILES_MAX).unwrap_or(i64::MAX);
        let mut rows = statement.query(named_params! { ":site": site, ":limit": limit }).map_err(error)?;
        let mut last = (0, None);
        while let Some(row) = rows.next().map_err(error)? {
            let (id, bytes, head): (i64, usize, Hash) = head(row).map_err(error)?;
            if last.0 != bytes {
                last = (bytes, hash(bytes));
            }
            if last.1.is_some_and(|now| is_same(&head, &now)) {
                return self.get(id).map(Some);
            }
        }
        Ok(None)
    }

    fn get(&self, id: i64) -> Result<Import, StoreError> {
        let mut statement =
            self.connection.prepare_cached(include_str!("sql/imports_ends.sql")).map_err(error)?;
        let limit = i64::try_from(ENDS_MAX).unwrap_or(i64::MAX);
        let ends = statement
            .query_map(named_params! { ":id": id, ":limit": limit }, |row| row.get::<_, i64>(0))
            .and_then(|rows| rows.map(|end| end.map(i64::cast_unsigned)).collect())
            .map_err(error)?;
        let import = self.connection.query_row(
            include_str!("sql/imports_get.sql"),
            named_params! { ":id": id },
            |row| import(row, id, ends),
        );
        import.map_err(error)
    }

    /// A file of this site that was not known, by the digest of its first bytes; `content` is that of none. `boot` is the first half of its batches'
    /// ids, drawn at random.
    pub fn begin(
        &self,
        site: &str,
        (head_bytes, head): (u64, Hash),
        content: Hash,
        rules: Hash,
        boot: u64,
    ) -> Result<Import, StoreError> {
        self.execute(
            include_str!("sql/imports_new.sql"),
            named_params! {
                ":site": site, ":head_bytes": head_bytes.cast_signed(), ":head": head, ":rules": rules,
                ":content": content, ":boot": boot.cast_signed(),
            },
        )?;
        self.get(self.connection.last_insert_rowid())
    }

    /// A batch goes on its way.
    pub fn pending(&self, id: i64, cut: Cut) -> Result<(), StoreError> {
        self.execute(
            include_str!("sql/imports_pending.sql"),
            named_params! {
                ":id": id, ":pending": cut.position.cast_signed(), ":pending_is_end": cut.is_end,
            },
        )
    }

    /// The batch has arrived; the file is known by this much of its head from now on, and `next` is the sequence of the batch
    /// after it.
    pub fn counted(
        &self,
        id: i64,
        counted: &Counted,
        (head_bytes, head): (u64, Hash),
        next: u64,
    ) -> Result<(), StoreError> {
        if counted.cut.is_end {
            self.execute(
                include_str!("sql/imports_end.sql"),
                named_params! { ":id": id, ":position": counted.cut.position.cast_signed() },
            )?;
        }
        self.execute(
            include_str!("sql/imports_counted.sql"),
            named_params! {
                ":id": id, ":counted": counted.cut.position.cast_signed(),
                ":counted_lines": counted.lines.cast_signed(),
                ":content": counted.content, ":sequence": next.cast_signed(),
            },
        )?;
        self.execute(
            include_str!("sql/imports_head.sql"),
            named_params! { ":id": id, ":head_bytes": head_bytes.cast_signed(), ":head": head },
        )
    }

    /// The file goes on under other rules, from here.
    pub fn set_rules(&self, id: i64, rules: Hash, base: u64) -> Result<(), StoreError> {
        self.execute(
            include_str!("sql/imports_rules.sql"),
            named_params! { ":id": id, ":rules": rules, ":base": base.cast_signed() },
        )
    }

    /// The sums up to here were taken back.
    pub fn undone(&self, id: i64, position: u64, next: u64) -> Result<(), StoreError> {
        self.execute(
            include_str!("sql/imports_undone.sql"),
            named_params! { ":id": id, ":undone": position.cast_signed(), ":sequence": next.cast_signed() },
        )
    }

    /// The file is known no longer.
    pub fn forget(&self, id: i64) -> Result<(), StoreError> {
        self.execute(include_str!("sql/imports_forget.sql"), named_params! { ":id": id })
    }

    fn execute(&self, sql: &str, values: &[(&str, &dyn rusqlite::ToSql)]) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(error)?;
        statement.execute(values).map(|_| ()).map_err(error)
    }
}

fn head(row: &Row<'_>) -> rusqlite::Result<(i64, usize, Hash)> {
    Ok((row.get("id")?, usize::try_from(row.get::<_, i64>("head_bytes")?).unwrap_or(0), row.get("head")?))
}

fn import(row: &Row<'_>, id: i64, ends: Vec<u64>) -> rusqlite::Result<Import> {
    let number = |name: &str| row.get::<_, i64>(name).map(i64::cast_unsigned);
    let optional = |name: &str| row.get::<_, Option<i64>>(name).map(|number| number.map(i64::cast_unsigned));
    let is_end = row.get("pending_is_end")?;
    Ok(Import {
        id,
        rules: row.get("rules")?,
        base: number("base")?,
        counted: number("counted")?,
        counted_lines: number("counted_lines")?,
        content: row.get("content")?,
        next: BatchId { boot: number("boot")?, sequence: number("sequence")? },
        pending: optional("pending")?.map(|position| Cut { position, is_end }),
        undone: optional("undone")?,
        ends,
    })
}

fn error(source: rusqlite::Error) -> StoreError {
    IMPORTS.error(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(text: &str) -> Hash {
        *blake3::hash(text.as_bytes()).as_bytes()
    }

    #[test]
    fn a_file_is_known_by_its_first_bytes_also_when_it_has_grown() {
        let directory = tempfile::tempdir().unwrap();
        let imports = Imports::open(&Settings { path: directory.path().into() }).unwrap().unwrap();
        let text = "line one\nline two\n";
        let known = |content: &'static str| move |bytes: usize| content.get(..bytes).map(hash);
        assert_eq!(imports.find("shop", known("line one\n")).unwrap(), None);
        let begun = imports.begin("shop", (9, hash("line one\n")), hash(""), hash("rules"), 7).unwrap();
        assert_eq!(imports.find("shop", known("line one\nline two\n")).unwrap().as_ref(), Some(&begun));
        assert_eq!(imports.find("shop", known("line")).unwrap(), None, "it is shorter");
        assert_eq!(imports.find("shop", known("line 1ne\n")).unwrap(), None);
        assert_eq!(imports.find("other", known("line one\n")).unwrap(), None);
        let cut = Cut { position: 18, is_end: true };
        imports.pending(begun.id, cut).unwrap();
        assert_eq!(imports.get(begun.id).unwrap().pending, Some(cut));
        let (all, counted) = (hash(text), Counted { cut, lines: 2, content: hash(text) });
        imports.counted(begun.id, &counted, (18, all), 2).unwrap();
        assert_eq!(imports.find("shop", known("line one\n")).unwrap(), None, "it is known by all of it");
        assert!(imports.find("shop", known("line one\nline two\n")).unwrap().is_some());
        let counted = imports.get(begun.id).unwrap();
        assert_eq!((counted.counted, counted.pending, &counted.ends[..]), (18, None, &[18][..]));
        assert_eq!((counted.next.sequence, counted.content), (2, hash(text)));
        imports.forget(begun.id).unwrap();
        assert_eq!(imports.find("shop", known("line one\nline two\n")).unwrap(), None);
    }

    #[test]
    fn short_files_of_an_earlier_build_are_known_by_little_of_their_hash() {
        let directory = tempfile::tempdir().unwrap();
        let settings = Settings { path: directory.path().into() };
        let earlier = Kind { schema: &[include_str!("sql/imports_schema.sql")], ..IMPORTS };
        let connection = earlier.open(directory.path()).unwrap();
        for (bytes, text) in [(9_i64, "line one\n"), (65_536, "long")] {
            let sql = include_str!("sql/imports_new.sql");
            let row = named_params! {
                ":site": "shop", ":head_bytes": bytes, ":head": hash(text), ":rules": hash("rules"),
                ":content": hash(text), ":boot": 7,
            };
            connection.execute(sql, row).unwrap();
        }
        drop(connection);
        let imports = Imports::open(&settings).unwrap().unwrap();
        let found = |bytes: usize, text: &'static str| {
            imports.find("shop", |asked| (asked == bytes).then(|| hash(text))).unwrap()
        };
        let short = found(9, "line one\n").unwrap();
        assert_eq!(short.content[..FEW_BYTES], hash("line one\n")[..FEW_BYTES]);
        assert_eq!(short.content[FEW_BYTES..], [0; 30]);
        assert_eq!(found(9, "line 1ne\n"), None);
        assert!(found(65_536, "long").is_some() && found(65_536, "other").is_none());
    }

    #[test]
    fn one_import_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let settings = Settings { path: directory.path().into() };
        let first = Imports::open(&settings).unwrap();
        assert!(first.is_some() && Imports::open(&settings).unwrap().is_none());
        drop(first);
        assert!(Imports::open(&settings).unwrap().is_some());
    }
}
