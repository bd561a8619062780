//! What each role may do with the API. Nothing is allowed that is not named here.

use flexio_domain::Role;

use crate::operation::{Access, Operation};

/// What provisioning agents manage, by the first word of the operation.
const PROVISIONING: [&str; 10] = [
    "numbers",
    "caller_ids",
    "clients",
    "sip_domains",
    "sip_mappings",
    "credential_lists",
    "credentials",
    "ip_access_control_lists",
    "ip_addresses",
    "available_numbers",
];

/// Whether a role may run an operation.
pub(crate) fn may(role: Role, operation: &Operation) -> bool {
    let resource = operation.id.split('.').next().unwrap_or("");
    let reads = !operation.kind.changes();
    if operation.access == Access::Officer {
        return role == Role::LawfulOfficer;
    }
    match role {
        Role::Administrator => true,
        Role::Developer => reads || resource != "accounts",
        Role::ProvisioningAgent => {
            operation.access != Access::Token && (reads || PROVISIONING.contains(&resource))
        }
        Role::ReadOnly => reads && operation.access != Access::Token,
        Role::LawfulOfficer => false,
    }
}

/// Whether a role sees auth tokens, with which everything can be done by whoever has read them.
pub(crate) const fn may_see_tokens(role: Role) -> bool {
    matches!(role, Role::Administrator)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::TABLE;

    #[test]
    fn each_role_may_what_its_name_says_over_the_whole_table() {
        let (mut provisioned, mut refused) = (0, 0);
        for entry in TABLE.iter() {
            let operation = entry.operation;
            let is_lawful = operation.access == Access::Officer;
            assert_eq!(operation.id.starts_with("lawful_requests."), is_lawful, "{operation:?}");
            assert_eq!(may(Role::LawfulOfficer, operation), is_lawful, "{operation:?}");
            if is_lawful {
                let others = [Role::Administrator, Role::Developer, Role::ProvisioningAgent, Role::ReadOnly];
                assert!(others.iter().all(|role| !may(*role, operation)), "{operation:?}");
                continue;
            }
            assert!(may(Role::Administrator, operation), "{operation:?}");
            let changes = operation.kind.changes();
            assert!(!(changes && may(Role::ReadOnly, operation)), "{operation:?}");
            assert_eq!(may(Role::Developer, operation), !(changes && operation.id.starts_with("accounts.")));
            provisioned += usize::from(changes && may(Role::ProvisioningAgent, operation));
            refused += usize::from(changes && !may(Role::ProvisioningAgent, operation));
        }
        assert!(provisioned > 15 && refused > 40, "{provisioned} {refused}");
        for word in ["numbers", "clients", "sip_domains", "credentials"] {
            assert!(TABLE.iter().any(|entry| entry.operation.id.starts_with(&format!("{word}."))), "{word}");
        }
    }
}
