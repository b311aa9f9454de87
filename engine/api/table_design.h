/*
 * From the inputs of CreateTable and UpdateTable to a table's description: every
 * rule of keys, indexes and throughput that the service checks.
 *
 * Source: API Reference, CreateTable and UpdateTable; Developer Guide, "Service,
 * account, and table quotas". Wording and order of checks as the service's.
 */
#pragma once

#include "api/operations.h"

#define GLOBAL_INDEXES_MAX  20
#define LOCAL_INDEXES_MAX   5
#define PROJECTED_NAMES_MAX 100 /* user-specified, of all indexes together */
#define CAPACITY_UNITS_MAX  1000000000000
#define TAGS_MAX            50

/* What CreateTable makes, in the arena. */
int design_table(const struct create_table_input *in, struct arena *arena,
	struct table_description *ret, struct error *err) NODISCARD;

/* A global index for a table that exists: its key attributes must be among
 * definitions. */
int design_global_index(const struct global_index_input *in, const struct request_list *definitions,
	const struct table_description *table, struct index_description *ret,
	struct error *err) NODISCARD;

/* The limit on NonKeyAttributes over all indexes of a description. */
int design_check_projections(
	const struct table_description *description, struct error *err) NODISCARD;

/* Both units within the service's bounds. */
int design_check_throughput(
	const struct provisioned_throughput *throughput, struct error *err) NODISCARD;
/* OnDemandThroughput, of a "table" or an "index". */
int design_on_demand(const struct on_demand_throughput *in, const char *of, int64_t *ret_read,
	int64_t *ret_write, struct error *err) NODISCARD;
/* StreamSpecification at creation: *ret_enabled. */
int design_stream(const struct stream_specification *in, bool *ret_enabled,
	enum stream_view *ret_view, struct error *err) NODISCARD;
/* SSESpecification. */
int design_encryption(const struct engine *engine, const struct sse_specification *in,
	struct arena *arena, struct table_description *description, struct error *err) NODISCARD;
/* Adds tags: a key that is there gets the new value. */
int design_tags(const struct request_list *tags, struct arena *arena,
	struct table_description *description, struct error *err) NODISCARD;
