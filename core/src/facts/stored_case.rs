//! Names whose letters' case is not the template's: services that store them in lower case.

/// What a service does about capital letters in a name, an explicit one too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredCase {
    /// It stores the name in lower case: an ARN shows it so, whatever the template wrote.
    Lowered,
    /// It refuses a name with capital letters: what is created has none.
    LowerOnly,
}

/// One row: a type, or the beginning of several.
struct Row {
    kind: &'static str,
    stored: StoredCase,
    /// Where this is documented.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by people and by the test"))]
    source: &'static str,
}

const fn lowered(kind: &'static str, source: &'static str) -> Row {
    Row { kind, stored: StoredCase::Lowered, source }
}

const fn lower_only(kind: &'static str, source: &'static str) -> Row {
    Row { kind, stored: StoredCase::LowerOnly, source }
}

const ROWS: [Row; 13] = [
    lowered("AWS::RDS::", "RDS API Reference: identifiers are \"stored as a lowercase string\""),
    lowered("AWS::DocDB::", "DocumentDB API Reference: identifiers are \"stored as a lowercase string\""),
    lowered(
        "AWS::DocDBElastic::",
        "DocumentDB API Reference, elastic clusters: \"stored as a lowercase string\"",
    ),
    lowered("AWS::Neptune::", "Neptune API Reference: identifiers are \"stored as a lowercase string\""),
    lowered("AWS::ElastiCache::", "ElastiCache API Reference: ids are \"stored as a lowercase string\""),
    lowered(
        "AWS::MemoryDB::",
        "MemoryDB API Reference, CreateCluster: \"this value is stored as a lowercase string\"",
    ),
    lowered(
        "AWS::DAX::",
        "DAX API Reference, CreateCluster: \"this parameter is stored as a lowercase string\"",
    ),
    lowered(
        "AWS::Redshift::",
        "Redshift API Reference, CreateCluster and CreateClusterSubnetGroup: \"stored as a lowercase string\"",
    ),
    lowered(
        "AWS::Glue::Database",
        "Glue API Reference, DatabaseInput: \"for Hive compatibility, this is folded to lowercase when it is stored\"",
    ),
    lowered(
        "AWS::Glue::Table",
        "Glue API Reference, TableInput: \"for Hive compatibility, this is folded to lowercase when it is stored\"",
    ),
    lowered(
        "AWS::DMS::",
        "DMS API Reference, CreateReplicationInstance: \"this parameter is stored as a lowercase string\"",
    ),
    lower_only(
        "AWS::OpenSearchService::Domain",
        "OpenSearch Service API Reference, DomainName: [a-z][a-z0-9-]+",
    ),
    lower_only("AWS::Elasticsearch::Domain", "OpenSearch Service API Reference, DomainName: [a-z][a-z0-9-]+"),
];

/// What the service of a type does about capital letters in the name of a resource; `None`: it keeps them.
#[must_use]
pub fn stored_case(kind: &str) -> Option<StoredCase> {
    let holds = |row: &&Row| kind == row.kind || (row.kind.ends_with("::") && kind.starts_with(row.kind));
    ROWS.iter().find(holds).map(|row| row.stored)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_found_by_type_and_by_service() {
        assert!(ROWS.iter().all(|row| !row.source.is_empty()));
        assert_eq!(stored_case("AWS::RDS::DBCluster"), Some(StoredCase::Lowered));
        assert_eq!(stored_case("AWS::Glue::Table"), Some(StoredCase::Lowered));
        assert_eq!(stored_case("AWS::Glue::TableOptimizer"), None);
        assert_eq!(stored_case("AWS::OpenSearchService::Domain"), Some(StoredCase::LowerOnly));
        assert_eq!(stored_case("AWS::SQS::Queue"), None);
    }
}
