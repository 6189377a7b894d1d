//! What the visitor reads: banner, preference centre, declaration, my data; in the visitor's language, escaped by
//! construction.

/// What the texts of one site name.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The reserved prefix, such as `/_consentry`.
    pub prefix: String,
    /// Languages offered, the first is the fallback; at least one.
    pub languages: Vec<String>,
    /// Who answers for the data.
    pub controller: Controller,
    /// How long an answer stands, in days. Default 182.
    pub days: u32,
}

/// The controller in the sense of GDPR art. 4(7), with what art. 13 says a visitor must be told.
#[derive(Clone, Debug, Default)]
pub struct Controller {
    /// Legal name.
    pub name: String,
    /// Postal address.
    pub address: String,
    /// Address for requests about personal data.
    pub email: String,
    /// The shop's privacy statement: a path on the site or an absolute URL.
    pub privacy_url: String,
    /// The supervisory authority's page for complaints (art. 77).
    pub complaint_url: String,
}
