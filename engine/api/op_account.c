/* DescribeLimits and DescribeEndpoints: what the account may, and where it is
 * served. */
#include "api/operations.h"

/* The service's initial quotas, in capacity units. Source: Developer Guide,
 * "Service, account, and table quotas". */
#define ACCOUNT_UNITS 80000
#define TABLE_UNITS   40000

int run_describe_limits(struct engine *engine, struct request *request, struct error *err)
{
	struct describe_limits_output *out = request->output;

	(void)engine;
	(void)err;
	out->account_max_read_capacity_units = (struct optional_integer){ true, ACCOUNT_UNITS };
	out->account_max_write_capacity_units = (struct optional_integer){ true, ACCOUNT_UNITS };
	out->table_max_read_capacity_units = (struct optional_integer){ true, TABLE_UNITS };
	out->table_max_write_capacity_units = (struct optional_integer){ true, TABLE_UNITS };
	return 0;
}

/* Our own address: an SDK told to discover endpoints goes where it is told. */
int run_describe_endpoints(struct engine *engine, struct request *request, struct error *err)
{
	struct describe_endpoints_output *out = request->output;
	struct endpoint_facts *endpoint = arena_alloc_zero(request->arena, sizeof(*endpoint));

	(void)err;
	endpoint->address = arena_copy(request->arena, request->endpoint);
	if (!slice_present(endpoint->address))
		endpoint->address = arena_printf(
			request->arena, "dynamodb.%.*s.amazonaws.com", SLICE_ARG(engine->region));
	endpoint->cache_period_in_minutes = (struct optional_integer){ true, 1440 };
	out->endpoints = (struct request_list){ true, 1, endpoint };
	return 0;
}
