/*
 * GET /metrics: what the process has counted, for Prometheus to collect.
 *
 * Who may have it: everybody, where no credentials are asked for and so only this
 * machine reaches the door; else a user of the credentials who may call ListMetrics.
 * The request is signed for "monitoring" as for CloudWatch, or, as Prometheus does by
 * itself, has the access key and the secret for Basic authentication. Nobody else
 * learns the name of a table.
 */
#pragma once

#include "http_service.h"

#define HTTP_METRICS_PATH "/metrics"

/* Fills an answer that is empty. */
void http_metrics_answer(const struct http_service *service, const struct http_request *request,
	struct arena *arena, struct http_answer *answer);
