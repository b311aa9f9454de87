/* What the account may have, in capacity units: the service's initial quotas.
 * Source: Developer Guide, "Service, account, and table quotas". */
#pragma once

#define ACCOUNT_UNITS_MAX 80000
#define TABLE_UNITS_MAX   40000
