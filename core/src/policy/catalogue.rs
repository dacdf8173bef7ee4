//! The actions that AWS's services have.
//!
//! The text is `core/data/iam-actions.txt`, made by `scripts/iam-actions`: a line a service, its prefix, then
//! its actions, sorted. The first character of an action says how many characters it has in common with the one
//! before it: `0`-`9`, `a`-`z`, `A`-`Z` for 0 to 61.

use std::collections::BTreeMap;

/// Actions by service.
#[derive(Debug, Default)]
pub struct Catalogue {
    services: BTreeMap<String, Vec<String>>,
}

impl Catalogue {
    /// Reads the text of `core/data/iam-actions.txt`. Lines that are none of its form are left out.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut services = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split(' ');
            let Some(service) = words.next().filter(|service| !service.is_empty()) else { continue };
            let mut names: Vec<String> = Vec::new();
            for word in words {
                let mut rest = word.chars();
                let Some(same) = rest.next().and_then(shared) else { continue };
                let before = names.last().map_or("", String::as_str);
                let name = before.chars().take(same).chain(rest).collect();
                names.push(name);
            }
            services.insert(service.to_owned(), names);
        }
        Self { services }
    }

    /// The one that is built in, with the feature `catalogue`.
    #[must_use]
    pub fn built_in() -> Option<&'static Self> {
        #[cfg(feature = "catalogue")]
        {
            static READ: std::sync::OnceLock<Catalogue> = std::sync::OnceLock::new();
            Some(READ.get_or_init(|| Self::read(include_str!("../../data/iam-actions.txt"))))
        }
        #[cfg(not(feature = "catalogue"))]
        None
    }

    /// All actions, as `s3:GetObject`.
    pub fn actions(&self) -> impl Iterator<Item = String> {
        self.services
            .iter()
            .flat_map(|(service, names)| names.iter().map(move |name| format!("{service}:{name}")))
    }

    /// The actions of a service; `None` where there is no such service.
    #[must_use]
    pub fn service(&self, prefix: &str) -> Option<&[String]> {
        self.services.get(prefix).map(Vec::as_slice)
    }

    /// The prefixes of the services.
    pub fn services(&self) -> impl Iterator<Item = &str> {
        self.services.keys().map(String::as_str)
    }
}

fn shared(digit: char) -> Option<usize> {
    match digit {
        '0'..='9' => Some(digit as usize - '0' as usize),
        'a'..='z' => Some(digit as usize - 'a' as usize + 10),
        'A'..='Z' => Some(digit as usize - 'A' as usize + 36),
        _ => None,
    }
}
