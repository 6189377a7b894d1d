//! `consentry receipts`: the ledger of consents, checked, shown, handed over; and receipts that visitors hold.

use std::io::Read as _;
use std::path::Path;

use clap::Subcommand;
use serde_json::{Value, json};

use super::{Failure, failed, load, print, say};
use crate::app;
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::policy::consent::ReceiptNumber;
use crate::store::StoreError;
use crate::store::ledger::signed::{self, FILE_BYTES_MAX, PublicKey};
use crate::store::ledger::{Erase, Hash, Ledger, Link, Receipt, Receipts, Verified};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check the whole ledger, or one signed receipt that a visitor holds
    Verify {
        /// The signed receipt; without it, the ledger is checked
        file: Option<std::path::PathBuf>,
        /// The config file: whose ledger, and whose key
        #[arg(long, value_name = "FILE")]
        config: Option<std::path::PathBuf>,
        /// A head of the ledger that was noted before, from /readyz or the log
        #[arg(long, value_name = "HASH", conflicts_with = "file")]
        head: Option<String>,
        /// The key to believe, as PREFIX/receipt-key.json shows it
        #[arg(long, value_name = "KEY", requires = "file")]
        key: Option<String>,
    },
    /// Every receipt as JSON, one a line, oldest first
    Export {
        /// The config file
        #[arg(long, value_name = "FILE")]
        config: std::path::PathBuf,
    },
    /// Copy the ledger as it is now into one new file, and check the copy; the gateway may go on running
    Backup {
        /// The file to make; one that is there already is left alone
        file: std::path::PathBuf,
        /// The config file
        #[arg(long, value_name = "FILE")]
        config: std::path::PathBuf,
    },
    /// What stands under one number, as JSON, one record a line
    Show {
        /// The number, as the visitor's page shows it
        number: String,
        /// The config file
        #[arg(long, value_name = "FILE")]
        config: std::path::PathBuf,
    },
    /// Take the content of one number's receipts out of the ledger, as its holder asked; the gateway may go on running
    Erase {
        /// The number, as the visitor's page shows it
        number: String,
        /// The config file
        #[arg(long, value_name = "FILE")]
        config: std::path::PathBuf,
    },
}

/// Does it.
pub(super) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Verify { file: Some(file), config, key, .. } => verify_file(&file, config.as_deref(), key),
        Command::Verify { file: None, config: Some(config), head, .. } => verify_ledger(&config, head),
        Command::Verify { .. } => {
            Err(Failure::Wrong("error: name a signed receipt, or --config for the ledger".to_owned()))
        }
        Command::Export { config } => export(&config),
        Command::Backup { file, config } => back_up(&file, &config),
        Command::Show { number, config } => show(&number, &config),
        Command::Erase { number, config } => erase(&number, &config),
    }
}

fn verify_ledger(config: &Path, head: Option<String>) -> Result<(), Failure> {
    let head = head.map(|text| Hash::from_hex(&text).ok_or_else(|| wrong("a head is 64 hexadecimal digits")));
    tell(&ledger(&settings(config)?)?.verify(head.transpose()?).map_err(failed)?);
    print("next: note the head; a later check with --head finds an end that was cut off");
    Ok(())
}

fn tell(verified: &Verified) {
    print(&format!("{} records verified, {} of them erased", verified.receipts, verified.erased));
    print(&format!("head {}", verified.head));
}

fn verify_file(file: &Path, config: Option<&Path>, key: Option<String>) -> Result<(), Failure> {
    let told =
        key.map(|text| PublicKey::from_hex(&text).ok_or_else(|| wrong("a key is 64 hexadecimal digits")));
    let trusted = match (told.transpose()?, config) {
        (Some(key), _) => Some(key),
        (None, Some(config)) => {
            let key = app::keys::public_receipt_key(&settings(config)?.store.path).map_err(failed)?;
            Some(key.ok_or_else(|| failed("this store has signed no receipt yet: there is no receipt.key"))?)
        }
        (None, None) => None,
    };
    let (document, key) = signed::verify(&read(file)?, trusted).map_err(failed)?;
    print(&format!(
        "receipt {} is as it was signed",
        document["dpv:hasIdentifier"].as_str().unwrap_or("without number")
    ));
    for event in document["dpv:hasConsentStatus"].as_array().into_iter().flatten() {
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        let granted: Vec<&str> =
            event["granted"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let granted = if granted.is_empty() { "nothing".to_owned() } else { granted.join(", ") };
        print(&format!("{}  {:<10}  {granted}", text("dpv:isIndicatedAtTime"), text("action")));
    }
    if trusted.is_none() {
        say(&format!(
            "warning: the file itself says who signed it: compare the key with PREFIX/receipt-key.json\n  {key}"
        ));
    }
    Ok(())
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let told = |error| failed(format!("{}: {error}", file.display()));
    let mut bytes = Vec::new();
    let limit = FILE_BYTES_MAX as u64 + 1;
    std::fs::File::open(file).map_err(told)?.take(limit).read_to_end(&mut bytes).map_err(told)?;
    if bytes.len() > FILE_BYTES_MAX {
        return Err(failed(format!(
            "{} is longer than {FILE_BYTES_MAX} bytes: it is no receipt",
            file.display()
        )));
    }
    Ok(bytes)
}

fn export(config: &Path) -> Result<(), Failure> {
    ledger(&settings(config)?)?
        .export(|link| {
            print(&line(&link).to_string());
            Ok::<_, StoreError>(())
        })
        .map_err(failed)
}

fn back_up(file: &Path, config: &Path) -> Result<(), Failure> {
    let copy = ledger(&settings(config)?)?.back_up(file).map_err(failed)?;
    tell(&copy.verify(None).map_err(failed)?);
    print(
        "next: keep the copy where only you can read it; what is erased later has to be deleted in it, too",
    );
    Ok(())
}

fn show(number: &str, config: &Path) -> Result<(), Failure> {
    let number = self::number(number)?;
    let receipts = ledger(&settings(config)?)?.get(number).map_err(failed)?;
    if receipts.is_empty() {
        return Err(failed("the ledger has nothing under that number: it was erased, or never given"));
    }
    for receipt in &receipts {
        print(&whole(receipt).to_string());
    }
    Ok(())
}

fn erase(number: &str, config: &Path) -> Result<(), Failure> {
    let number = self::number(number)?;
    let settings = settings(config)?;
    ledger(&settings)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(failed)?;
    let ledger = Ledger::open(&settings.store).map_err(failed)?;
    let erased = runtime.block_on(ledger.erase(Erase::Number(number), SystemClock.now())).map_err(failed)?;
    if erased == 0 {
        return Err(failed("the ledger has nothing under that number: it was erased, or never given"));
    }
    print(&format!("{erased} records erased; the chain still verifies"));
    Ok(())
}

/// One place of the chain as the interface has it.
fn line(link: &Link) -> Value {
    match link {
        Link::Whole(receipt) => whole(receipt),
        Link::Erased { previous, hash, by } => json!({
            "id": null,
            "erased_by": by,
            "previous": previous.to_string(),
            "hash": hash.to_string(),
        }),
    }
}

fn whole(receipt: &Receipt) -> Value {
    json!({
        "id": receipt.id.map(|id| id.to_string()),
        "time": receipt.time.to_string(),
        "site": receipt.site,
        "action": receipt.action,
        "layer": receipt.layer,
        "language": receipt.language,
        "granted": receipt.granted,
        "refused": receipt.refused,
        "texts": receipt.texts.to_string(),
        "previous": receipt.previous.to_string(),
        "hash": receipt.hash.to_string(),
    })
}

fn settings(config: &Path) -> Result<Config, Failure> {
    Ok(load(config)?.config)
}

fn ledger(config: &Config) -> Result<Receipts, Failure> {
    if !config.store.path.join("ledger.db").exists() {
        let path = config.store.path.display();
        return Err(failed(format!("there is no ledger in {path}: nobody has agreed to anything yet")));
    }
    Receipts::open(&config.store).map_err(failed)
}

fn number(text: &str) -> Result<ReceiptNumber, Failure> {
    u128::from_str_radix(text, 16)
        .ok()
        .filter(|_| text.len() == 32)
        .map(|number| ReceiptNumber(number.to_be_bytes()))
        .ok_or_else(|| wrong("a receipt's number is 32 hexadecimal digits"))
}

fn wrong(sentence: &str) -> Failure {
    Failure::Wrong(format!("error: {sentence}"))
}
