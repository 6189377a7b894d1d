//! What a server's error means for a batch: try again, wait for a person, or put the batch aside.

use std::io;

use clickhouse::error::Error;
use rustls::CertificateError;

use super::super::StoreError;

/// What an error asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It may pass by itself: the same call can succeed later.
    Passing,
    /// It stays until a person acts, whatever is sent: a password, a table, a right.
    Standing,
    /// It is about this batch; others may succeed.
    OfBatch,
}

/// Codes of errors that stay until somebody acts. Names as in the server's `system.errors`.
const STANDING: [u32; 22] = [
    8,   // THERE_IS_NO_COLUMN
    16,  // NO_SUCH_COLUMN_IN_TABLE
    36,  // BAD_ARGUMENTS
    44,  // ILLEGAL_COLUMN
    46,  // UNKNOWN_FUNCTION
    47,  // UNKNOWN_IDENTIFIER
    48,  // NOT_IMPLEMENTED
    50,  // UNKNOWN_TYPE
    53,  // TYPE_MISMATCH
    60,  // UNKNOWN_TABLE
    62,  // SYNTAX_ERROR
    81,  // UNKNOWN_DATABASE
    115, // UNKNOWN_SETTING
    164, // READONLY
    170, // BAD_GET: no such cluster
    192, // UNKNOWN_USER
    193, // WRONG_PASSWORD
    194, // REQUIRED_PASSWORD
    195, // IP_ADDRESS_NOT_ALLOWED
    497, // ACCESS_DENIED
    516, // AUTHENTICATION_FAILED
    701, // CLUSTER_DOESNT_EXIST
];

/// Codes of errors about what was sent.
const OF_BATCH: [u32; 8] = [
    6,   // CANNOT_PARSE_TEXT
    27,  // CANNOT_PARSE_INPUT_ASSERTION_FAILED
    33,  // CANNOT_READ_ALL_DATA
    69,  // ARGUMENT_OUT_OF_BOUND
    117, // INCORRECT_DATA
    128, // TOO_LARGE_ARRAY_SIZE
    131, // TOO_LARGE_STRING_SIZE
    349, // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
];

/// The server stopped a question that took too long.
const TIMEOUT_EXCEEDED: u32 = 159;

/// Longest part of a server's sentence that is told. Unit: characters.
const SENTENCE_MAX: usize = 300;

/// The same in the words of this room.
pub(super) fn told(url: &str, error: Error, limit_ms: i64) -> StoreError {
    match error {
        Error::BadResponse(sentence) => match code(&sentence) {
            Some(TIMEOUT_EXCEEDED) => StoreError::Timeout { limit_ms },
            Some(code) => StoreError::Refused {
                url: url.to_owned(),
                sentence: sentence.chars().take(SENTENCE_MAX).collect(),
                fault: of_code(code),
            },
            None => StoreError::Away {
                url: url.to_owned(),
                reason: sentence.chars().take(SENTENCE_MAX).collect(),
            },
        },
        Error::TimedOut => StoreError::Timeout { limit_ms },
        Error::SchemaMismatch(reason) => refused(url, reason, Fault::Standing),
        error @ (Error::InvalidColumnsHeader(_) | Error::Unsupported(_) | Error::InvalidParams(_)) => {
            refused(url, error.to_string(), Fault::Standing)
        }
        error => match of_certificate(&error) {
            Some(fault) => StoreError::Untrusted { url: url.to_owned(), reason: why(fault) },
            None => StoreError::Away { url: url.to_owned(), reason: with_causes(&error) },
        },
    }
}

/// What is wrong with the server's certificate, if that is the cause.
fn of_certificate<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a CertificateError> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(rustls::Error::InvalidCertificate(fault)) = error.downcast_ref() {
            return Some(fault);
        }
        // An error of reading and writing does not tell of the one inside it as its cause.
        let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = inside.map(|inside| inside as _).or_else(|| error.source());
    }
    None
}

fn why(fault: &CertificateError) -> String {
    match fault {
        CertificateError::UnknownIssuer => {
            "no known authority has signed it; name the file of its authority in authorities".to_owned()
        }
        other => other.to_string().chars().take(SENTENCE_MAX).collect(),
    }
}

fn refused(url: &str, sentence: String, fault: Fault) -> StoreError {
    StoreError::Refused { url: url.to_owned(), sentence, fault }
}

fn of_code(code: u32) -> Fault {
    if STANDING.contains(&code) {
        Fault::Standing
    } else if OF_BATCH.contains(&code) {
        Fault::OfBatch
    } else {
        Fault::Passing
    }
}

/// The number in `Code: 60. DB::Exception: …`.
fn code(sentence: &str) -> Option<u32> {
    let digits = sentence.split_once("Code: ")?.1;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !told.contains(&text) {
            told = format!("{told}: {text}");
        }
        cause = error.source();
    }
    told.chars().take(SENTENCE_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(sentence: &str) -> Option<Fault> {
        match told("http://db", Error::BadResponse(sentence.to_owned()), 1) {
            StoreError::Refused { fault, .. } => Some(fault),
            _ => None,
        }
    }

    #[test]
    fn a_full_disk_passes_a_missing_table_stays_and_a_broken_row_is_the_batch_s_own() {
        assert_eq!(
            of("Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space"),
            Some(Fault::Passing)
        );
        assert_eq!(of("Code: 242. DB::Exception: Table is in readonly mode"), Some(Fault::Passing));
        assert_eq!(
            of("Code: 60. DB::Exception: Table x.y does not exist. (UNKNOWN_TABLE)"),
            Some(Fault::Standing)
        );
        assert_eq!(of("Code: 516. DB::Exception: default: Authentication failed"), Some(Fault::Standing));
        assert_eq!(of("Code: 33. DB::Exception: Cannot read all data"), Some(Fault::OfBatch));
    }

    #[test]
    fn an_answer_that_is_not_the_server_s_is_nobody_there() {
        let error = told("http://db", Error::BadResponse("503 Service Unavailable".to_owned()), 1);
        assert!(matches!(error, StoreError::Away { .. }), "{error}");
        assert!(error.is_transient());
    }

    #[test]
    fn a_question_that_took_too_long_is_told_with_its_limit() {
        let error = told("http://db", Error::BadResponse("Code: 159. Timeout exceeded".to_owned()), 7);
        assert!(matches!(error, StoreError::Timeout { limit_ms: 7 }), "{error}");
    }
}
