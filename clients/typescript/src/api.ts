/** Generated from the OpenAPI document: `UPDATE_CLIENT=1 npx vitest run test/e2e/client.spec.ts`. */
export interface paths {
    "/v1/simulations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the simulations
         * @description Newest first, with their summaries; by status, or those of one stored scenario.
         */
        get: operations["listSimulations"];
        put?: never;
        /**
         * Run a scenario
         * @description Accepts a run and queues it: once accepted, it is run to its end, whatever happens to the server. Name a preset or a stored scenario, or send the scenario itself. With `Prefer: wait=10` the answer comes when the run has ended, if that takes no longer; as `text/plain` it is the transcript, as `text/html` the report. `warnings` say what of the scenario may not be as it was meant; before a transcript they are comments. `webhook` names who is told of its end: a webhook that is there, or one for this simulation alone. With an `Idempotency-Key` a repeated request gets the simulation of the first.
         */
        post: operations["createSimulation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/simulations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a simulation
         * @description How far it is, and when it has ended: what came of it in sum, and of its expectations.
         */
        get: operations["readSimulation"];
        put?: never;
        post?: never;
        /**
         * Cancel or delete a simulation
         * @description Cancels one that waits or runs; deletes one that has ended, with all its results. Once it is deleted its id is a 404; only `example` and `scratch` are made anew when they are asked for again.
         */
        delete: operations["deleteSimulation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/simulations/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow a simulation
         * @description Server-sent events (`curl -N`): `status` when the status changes, `progress` while it runs, each with `{id, status, progress}`. The stream ends with the run. A client that comes back with `Last-Event-ID` gets what is new; where nothing can be new any more, 204.
         */
        get: operations["followSimulation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/simulations/{id}/requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the requests of a run
         * @description One row a request: where it came from, which way it took, which source IP the pod saw, and how it ended. As JSON in pages; as `application/x-ndjson`, `text/csv` or an Arrow IPC stream all rows that pass the filters, streamed. A page costs the same at any depth.
         */
        get: operations["readRequests"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/simulations/{id}/requests/{n}/diagram": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Draw the path of a request
         * @description Client, load balancer, nodes and pod, with the rewrites on the way and where it ended.
         */
        get: operations["drawRequest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/simulations/{id}/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the healthz timelines of a run
         * @description What each node's health check node ports and kube-proxy itself answered, from when to when, and which nodes each load balancer took for healthy. With `probes=true` every single probe too.
         */
        get: operations["readHealthz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/simulations/{id}/transcript": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the transcript of a run
         * @description Every step of the scenario as the command that a person would type, and what it printed.
         */
        get: operations["readTranscript"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/simulations/{id}/report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the report of a run
         * @description One HTML file for people, complete in itself: what happened in a sentence, expectations, outcome over time with health checks and events on the same axis, the source IPs that pods saw, where their traffic came from, latency, losses by cause, and the paths of a sample of the requests. It opens from a disk, prints, and is at most 1.5 MB whatever the run. As `image/svg+xml` the timeline alone.
         */
        get: operations["readReport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/traces": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Trace one packet
         * @description Puts one packet into the cluster at a time and returns every outcome that chance allows, with its probability, the rules that decided it and the way there and back. Nothing is queued or stored.
         */
        post: operations["trace"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/traces/matrix": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Trace everybody to every service
         * @description Sources by destinations for a whole cluster at a time: every pod, node and client to every address and port of every service, and which source address the endpoint sees. Equal sources are one row. With `vary` the cluster of that moment is settled under each combination of settings; `onlyDifferences` leaves out what is the same in all. As text or Markdown it is a table for people.
         */
        post: operations["matrix"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/comparisons": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the comparisons
         * @description Newest first, without what differs; by status.
         */
        get: operations["listComparisons"];
        put?: never;
        /**
         * Run a scenario and variants of it, and compare them
         * @description Runs the scenario as it is and once for each variant, with the same dice, and answers what differs: in sum, in health checks, and request by request. A variant changes fields of the document (`set`) or of single objects (`objects`). It is queued and stored as simulations are; the answer waits for it for 30 s, or as long as `Prefer: wait=SECONDS` says, 0 for not at all. All runs together may have 1,000,000 requests. As text or Markdown it is a table for people.
         */
        post: operations["compare"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/comparisons/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a comparison
         * @description How far it is, and when it has ended what differs.
         */
        get: operations["readComparison"];
        put?: never;
        post?: never;
        /**
         * Cancel or delete a comparison
         * @description Cancels one that waits or runs; deletes one that has ended. Once it is deleted its id is a 404; only `example` and `scratch` are made anew when they are asked for again.
         */
        delete: operations["deleteComparison"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/comparisons/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow a comparison
         * @description Server-sent events (`curl -N`), as for simulations: `status` and `progress`, each with `{id, status, progress}`, until it ends.
         */
        get: operations["followComparison"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/experiments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the experiments
         * @description Newest first, without their tables; by status.
         */
        get: operations["listExperiments"];
        put?: never;
        /**
         * Run variants of a scenario over many seeds
         * @description Accepts an experiment and spreads its runs over all workers: every cell of a grid of values (`vary`), or each of `variants`, with the same `seeds`. The answer is one table: each cell with its figures, and which of them really differ from the baseline; see docs/experiments.md. With `Prefer: wait=10` it comes when all runs have ended, if that takes no longer. With an `Idempotency-Key` a repeated request gets the experiment of the first.
         */
        post: operations["createExperiment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/experiments/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an experiment
         * @description How far it is, and its table over the runs that have ended. When it has ended and none of its runs is under way any more, as may be for a moment when it was cancelled, the answer has an `ETag` and stays as it is.
         */
        get: operations["readExperiment"];
        put?: never;
        post?: never;
        /**
         * Cancel or delete an experiment
         * @description Cancels one that waits or runs, of which the runs that have ended stay; deletes one that has ended. Once it is deleted its id is a 404; only `example` and `scratch` are made anew when they are asked for again.
         */
        delete: operations["deleteExperiment"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/experiments/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow an experiment
         * @description Server-sent events (`curl -N`), as for simulations: `status` and `progress`, each with `{id, status, progress}`, until it ends.
         */
        get: operations["followExperiment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/scenarios": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the stored scenarios
         * @description Newest first, without their documents.
         */
        get: operations["listScenarios"];
        put?: never;
        /**
         * Store a scenario
         * @description Checks a scenario document and stores it. Everything that is wrong with it comes back at once, each issue with its place and a hint; warnings do not keep it from being stored. Secrets, environment values and annotations that may hold credentials are dropped.
         */
        post: operations["createScenario"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/scenarios/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Import objects from kubectl
         * @description Takes what `kubectl get nodes,pods,services,endpointslices -A -o yaml` prints, or any manifests, and stores a scenario of them. Objects are taken as they are: nothing is allocated and nothing that exists is refused. Kinds that do not matter are listed as ignored; Secrets are dropped.
         */
        post: operations["importScenario"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/scenarios/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a stored scenario
         * @description With its document; as YAML the document alone, ready to be changed and sent back.
         */
        get: operations["readScenario"];
        /**
         * Replace a stored scenario
         * @description Needs If-Match with the ETag that was read, so that nobody overwrites what somebody else has changed meanwhile; `*` replaces whatever is there. Simulations keep the scenario that they were made with.
         */
        put: operations["replaceScenario"];
        post?: never;
        /**
         * Delete a stored scenario
         * @description Its simulations stay. With If-Match only at that revision. Once it is deleted its id is a 404; only `example` and `scratch` are made anew when they are asked for again.
         */
        delete: operations["deleteScenario"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/scenarios/{id}/rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a node's rules
         * @description The rules that kube-proxy has written on that node at that time, as text that loads into a kernel (`iptables-restore`), or as the node lists them (`iptables-save`). Of a node with rules of its own: those. What of the scenario may not be as it was meant stands before them, as comments (but for `ipvsadm`, which reads none).
         */
        get: operations["readRules"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/schemas/scenario.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The JSON Schema of scenario documents
         * @description For editors: name it in a comment, or in the settings of your YAML extension, and get completion.
         */
        get: operations["readScenarioSchema"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/presets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the presets
         * @description The scenarios that come with the server, with what each shows.
         */
        get: operations["listPresets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/presets/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a preset
         * @description The scenario document, as JSON, or as the YAML that it was written in, with its comments. Change it and send it to POST /v1/scenarios or POST /v1/simulations.
         */
        get: operations["readPreset"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the keys
         * @description Newest first, without the keys themselves; revoked and expired ones too, for a month. Keys of the environment (API_KEYS) are not listed.
         */
        get: operations["listKeys"];
        put?: never;
        /**
         * Make a key
         * @description The key is in the answer, and nowhere else afterwards: the server keeps a hash. Send it as `Authorization: Bearer hp_…`. A key of the tenant `default` may make keys for other tenants.
         */
        post: operations["createKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys/self": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who am I?
         * @description The key that this request shows: its tenant, and what it may do.
         */
        get: operations["readSelf"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys/{id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rotate a key
         * @description The key gets another secret, shown once, here. The one of before stays valid for `overlap`, 24 h unless told otherwise, so that whoever uses it can change over; one from before that is no longer. `{"overlap": "0s"}` ends it at once.
         */
        post: operations["rotateKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke a key
         * @description It opens nothing any more: at once in the process that answers, within 5 s in every other one. It stays in the list for a month, and to revoke it again changes nothing.
         */
        delete: operations["revokeKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the webhooks
         * @description Newest first; those that were made for one simulation are not among them.
         */
        get: operations["listWebhooks"];
        put?: never;
        /**
         * Subscribe to events
         * @description From now on the end of every simulation, experiment and comparison that `events` names is sent to `url`, signed as Standard Webhooks says, at least once. The answer has the secret to check signatures with, and nothing ever shows it again. Nobody is contacted before there is an event; `POST …/test` sends one.
         */
        post: operations["createWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a webhook
         * @description With the reason where it was disabled; never with its secret.
         */
        get: operations["readWebhook"];
        /**
         * Replace a webhook
         * @description Everything but its secret: what is left out gets its default. Deliveries that wait are sent to the new URL.
         */
        put: operations["replaceWebhook"];
        post?: never;
        /**
         * Delete a webhook
         * @description With its deliveries, also those that wait to be sent. Once it is deleted its id is a 404; only `example` and `scratch` are made anew when they are asked for again.
         */
        delete: operations["deleteWebhook"];
        options?: never;
        head?: never;
        /**
         * Change a webhook
         * @description `{"enabled": true}` enables again one that was disabled; what failed meanwhile can be sent with `…/redeliver`. `{"enabled": false}` ends what waits to be sent. What is left out stays.
         */
        patch: operations["changeWebhook"];
        trace?: never;
    };
    "/v1/webhooks/{id}/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a webhook a new secret
         * @description The answer has the new secret, and nothing ever shows it again. While the two overlap every message has both signatures, so that a receiver can change over when it likes.
         */
        post: operations["rotateSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the deliveries of a webhook
         * @description Newest first, each with the log of its attempts: request, response, timing and what went wrong. They are kept for WEBHOOK_LOG_DAYS, and of those that have ended the 10,000 newest.
         */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{id}/deliveries/{deliveryId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a delivery
         * @description With the log of its attempts.
         */
        get: operations["readDelivery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{id}/deliveries/{deliveryId}/redeliver": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a delivery again
         * @description Now, with the same body and the same `webhook-id`: a receiver that has had it already can tell. What has ended begins its schedule of retries anew; what waits is brought forward. To a disabled webhook it is sent once.
         */
        post: operations["redeliver"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a test
         * @description An event `webhook.test` that says nothing else, signed like all others; also to a disabled webhook. It is sent once: look at the delivery for what came of it.
         */
        post: operations["testWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/livez": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Is the process alive?
         * @description Answers as long as the process does. Restart it when this fails.
         */
        get: operations["livez"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Can it do its work?
         * @description Asks the database, whether its tables are up to date, and the broker where QUEUE_URL names one. Says no, first of all, when the process is about to end. While this fails, what is stored can be read as far as the database answers.
         */
        get: operations["readyz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Metrics for Prometheus
         * @description What waits in the queue and for how long, simulations by status, durations, simulated requests and events, HTTP by route, and the process itself. docs/operations.md lists the names.
         */
        get: operations["readMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface webhooks {
    simulationEnded: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A simulation has ended
         * @description Answer with 2xx within 10 s; anything else is tried again for about a day. See docs/webhooks.md for how to check the signature.
         */
        post: {
            parameters: {
                query?: never;
                header: {
                    /** @description The same in all attempts: one that was seen before is a duplicate */
                    "webhook-id": string;
                    /** @description When this attempt was made, in seconds since 1970 */
                    "webhook-timestamp": string;
                    /** @description v1 signatures, one for each secret that is valid now */
                    "webhook-signature": string;
                };
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["SimulationEvent"];
                };
            };
            responses: {
                /** @description Taken */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    experimentEnded: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * An experiment has ended
         * @description Answer with 2xx within 10 s; anything else is tried again for about a day. See docs/webhooks.md for how to check the signature.
         */
        post: {
            parameters: {
                query?: never;
                header: {
                    /** @description The same in all attempts: one that was seen before is a duplicate */
                    "webhook-id": string;
                    /** @description When this attempt was made, in seconds since 1970 */
                    "webhook-timestamp": string;
                    /** @description v1 signatures, one for each secret that is valid now */
                    "webhook-signature": string;
                };
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ExperimentEvent"];
                };
            };
            responses: {
                /** @description Taken */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    comparisonEnded: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A comparison has ended
         * @description Answer with 2xx within 10 s; anything else is tried again for about a day. See docs/webhooks.md for how to check the signature.
         */
        post: {
            parameters: {
                query?: never;
                header: {
                    /** @description The same in all attempts: one that was seen before is a duplicate */
                    "webhook-id": string;
                    /** @description When this attempt was made, in seconds since 1970 */
                    "webhook-timestamp": string;
                    /** @description v1 signatures, one for each secret that is valid now */
                    "webhook-signature": string;
                };
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ComparisonEvent"];
                };
            };
            responses: {
                /** @description Taken */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    test: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Somebody asked for a test
         * @description Answer with 2xx within 10 s; anything else is tried again for about a day. See docs/webhooks.md for how to check the signature.
         */
        post: {
            parameters: {
                query?: never;
                header: {
                    /** @description The same in all attempts: one that was seen before is a duplicate */
                    "webhook-id": string;
                    /** @description When this attempt was made, in seconds since 1970 */
                    "webhook-timestamp": string;
                    /** @description v1 signatures, one for each secret that is valid now */
                    "webhook-signature": string;
                };
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["TestEvent"];
                };
            };
            responses: {
                /** @description Taken */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface components {
    schemas: {
        SimulationAccepted: {
            id: string;
            /** @enum {string} */
            status: "queued" | "running" | "succeeded" | "failed" | "cancelled";
            progress: number;
            /** @description Of the scenario. */
            name: string;
            scenarioId: string | null;
            preset: string | null;
            /** @description Of the scenario that is run, whatever becomes of the stored one. */
            digest: string;
            seed: number;
            /** @description How many times a worker has taken it. */
            attempts: number;
            /**
             * Format: date-time
             * @example 2026-01-31T12:00:00.000Z
             */
            createdAt: string;
            startedAt: string | null;
            finishedAt: string | null;
            /** @description What of the scenario may not be as it was meant. */
            warnings: components["schemas"]["Issue"][];
            /** @description Why it failed. */
            error: {
                code: string;
                message: string;
                /** @description What to do about it. */
                hint: string;
            } | null;
            modelVersion: string | null;
            /** @description Over everything that the run decided: same scenario, seed and model version, same fingerprint. */
            fingerprint: string | null;
            summary: components["schemas"]["RunSummary"] | null;
            expectations: components["schemas"]["ExpectationResult"][] | null;
            /** @description Where its results are. */
            links: {
                [key: string]: string;
            };
            /** @description Who is told of its end, where the request says so. */
            webhook?: components["schemas"]["WebhookOfSimulationView"];
        };
        Issue: {
            /** @description What kind of problem; the codes of scenarios are listed in docs/issues.md. */
            code: string;
            /** @enum {string} */
            severity: "error" | "warning";
            /** @description JSON pointer into the body; `?name` is a query parameter. */
            path: string;
            /** @description Where it stands in YAML, or where JSON breaks; from 1. */
            line?: number;
            column?: number;
            message: string;
            /** @description What to do about it. */
            hint: string;
        };
        RunSummary: {
            requests: number;
            /** @description Every outcome that occurred. */
            outcomes: {
                [key: string]: number;
            };
            /** @description Whose address the pods saw. */
            sourceKinds: {
                [key: string]: number;
            };
            /** @description Over requests with outcome ok. */
            latencyUs: {
                mean: number;
                min: number;
                max: number;
            } | null;
            /** @description What was lost, the greatest groups first: at most 100, and one for all others. Absent from results of model versions before 0.3.0. */
            losses?: components["schemas"]["RunLoss"][];
            /** @description Entries of the timeline that could not be carried out: where, and what was said. Absent without any. */
            refused?: {
                path: string;
                text: string;
            }[];
            /** @description Health checks of load balancers. */
            probes: number;
            ruleSyncs: number;
            endpointChanges: number;
            /** @description How long the run was on the virtual clock. */
            virtualMs: number;
            events: number;
        };
        RunLoss: {
            /** @description Null: several smaller groups together. */
            outcome: ("ok" | "dropped" | "rejected" | "refused" | "reset" | "timeout" | "unreachable" | "lb-unavailable" | "http-error") | null;
            cause: ("no-endpoint" | "no-local-endpoint" | "source-range" | "rule" | "impossible-source" | "no-route" | "no-address" | "port-closed" | "pod-starting" | "pod-stopped" | "pod-gone" | "pod-killed" | "node-down" | "link-cut" | "packet-lost" | "answer-astray" | "loop" | "stale-conntrack" | "invalid-packet" | "no-source-port" | "hairpin" | "lb-no-target" | "lb-no-port" | "lb-closed" | "proxy-closed" | "proxy-header-missing" | "proxy-header-unexpected" | "overloaded" | "app-error" | "too-late" | "lb-zone-lost" | "idle-closed" | "impossible-destination" | "conntrack-race" | "backlog-full" | "sender-gone") | null;
            /** @description The object that decided. */
            place: {
                /** @enum {string} */
                kind: "node" | "pod" | "loadBalancer" | "client" | "link";
                name: string;
            } | null;
            count: number;
            /** @description When the first of them began. */
            fromMs: number;
            /** @description When the last of them began. */
            toMs: number;
            /** @description Number of the first of them. */
            first: number;
            /** @description What the timeline or a step did that made them fail. */
            event: components["schemas"]["RunEvent"] | null;
            /** @description All that in a sentence. */
            text: string;
        };
        RunEvent: {
            /** @description Where it stands in the document: `/timeline/0`, `/steps/3`. */
            path: string;
            /** @description `rolloutRestart default/web at 60 s`. */
            text: string;
        };
        ExpectationResult: {
            name: string;
            passed: boolean;
            matched: number;
            of: number;
            share: number | null;
            /** @description What the verdict rests on. */
            evidence?: {
                /** @description In a sentence: what was found, and what was wanted. */
                text: string;
                /** @description Numbers of the first requests that speak against it; empty where it is met. */
                requests: number[];
                latency?: {
                    quantile: number;
                    /** @description Off by at most `error` of itself; the verdict is exact. */
                    us: number | null;
                    requests: number;
                    error: number;
                    passed: boolean;
                }[];
                /** @description Of a health answer: the first stretch of time that is like that; null: there is none. */
                segment?: {
                    node: string;
                    fromMs: number;
                    toMs: number;
                } | null;
            };
        };
        WebhookOfSimulationView: {
            id: string;
            /** @description Where one was made for it; it is not shown again, not for the same Idempotency-Key either. */
            secret?: string;
        };
        ScenarioDryRun: {
            /** @constant */
            dryRun: true;
            name: string;
            digest: string;
            warnings: components["schemas"]["Issue"][];
        };
        Problem: {
            /** @description A URI that names the kind of problem. */
            type: string;
            title: string;
            status: number;
            /** @enum {string} */
            code: "malformed-body" | "malformed-request" | "unauthenticated" | "forbidden" | "not-found" | "method-not-allowed" | "not-acceptable" | "request-timeout" | "not-finished" | "no-results" | "conflict" | "limit-reached" | "precondition-failed" | "body-too-large" | "unsupported-media-type" | "invalid-request" | "invalid-scenario" | "invalid-cursor" | "idempotency-key-reused" | "model-refused" | "precondition-required" | "quota-exceeded" | "too-many-requests" | "headers-too-large" | "internal" | "unavailable" | "took-too-long";
            detail: string;
            /** @description What to do about it; of several issues the first, each has its own. */
            hint: string;
            /** @description The path that was asked for. */
            instance: string;
            /** @description Everything that is wrong with what was sent. */
            issues?: components["schemas"]["Issue"][];
        };
        SimulationRequest: {
            /** @description A stored scenario. */
            scenarioId?: string;
            /** @description A scenario that comes with the server. */
            preset?: string;
            /** @description A scenario document, see /v1/schemas/scenario.json. */
            scenario?: Record<string, never>;
            webhook?: components["schemas"]["WebhookOfSimulation"];
            /** @description Instead of the scenario's own: other dice, everything else the same. */
            seed?: number;
        };
        /** @description Told when this simulation has ended, and of nothing else. */
        WebhookOfSimulation: {
            /** @description Where events are sent by POST: https, port 80, 443 or 1024 and above, to an address of the public internet unless WEBHOOK_ALLOW_NETWORKS says otherwise. */
            url: string;
            /** @description `whsec_` and base64 of 24 to 64 bytes; without, one is made. It is shown in the answer and never again. */
            secret?: string;
        } | {
            /** @description A webhook that is there, whatever it asks for. */
            webhookId: string;
        };
        SimulationPage: {
            items: components["schemas"]["Simulation"][];
            /** @description The cursor of the next page. */
            next: string | null;
        };
        Simulation: {
            id: string;
            /** @enum {string} */
            status: "queued" | "running" | "succeeded" | "failed" | "cancelled";
            progress: number;
            /** @description Of the scenario. */
            name: string;
            scenarioId: string | null;
            preset: string | null;
            /** @description Of the scenario that is run, whatever becomes of the stored one. */
            digest: string;
            seed: number;
            /** @description How many times a worker has taken it. */
            attempts: number;
            /**
             * Format: date-time
             * @example 2026-01-31T12:00:00.000Z
             */
            createdAt: string;
            startedAt: string | null;
            finishedAt: string | null;
            /** @description What of the scenario may not be as it was meant; null of a run of an earlier version. */
            warnings: components["schemas"]["Issue"][] | null;
            /** @description Why it failed. */
            error: {
                code: string;
                message: string;
                /** @description What to do about it. */
                hint: string;
            } | null;
            modelVersion: string | null;
            /** @description Over everything that the run decided: same scenario, seed and model version, same fingerprint. */
            fingerprint: string | null;
            summary: components["schemas"]["RunSummary"] | null;
            expectations: components["schemas"]["ExpectationResult"][] | null;
            /** @description Where its results are. */
            links: {
                [key: string]: string;
            };
        };
        RequestPage: {
            items: components["schemas"]["RequestRow"][];
            /** @description The cursor of the next page. */
            next: string | null;
        };
        RequestRow: {
            /** @description Its number, from 0, in the order in which requests began. */
            request: number;
            /** @description When it began, on the virtual clock, to the nanosecond. */
            atMs: number;
            client: string;
            clientIp: string;
            /** @description Of HTTP; null over UDP and SCTP. */
            method: string | null;
            /** @description What was asked for. */
            target: string;
            service: string | null;
            lb: string | null;
            /** @description The first node that the packet came to. */
            entryNode: string | null;
            /** @description The node of the pod. */
            node: string | null;
            pod: string | null;
            /** @description The address that the pod saw. */
            sourceIp: string | null;
            /** @description Whose address that is. */
            sourceKind: ("client" | "node" | "bridge" | "lb" | "pod") | null;
            /** @description The client as a proxying load balancer told it. */
            forwardedFor: string | null;
            /**
             * @description How it ended, as its client met it. `ok`: an answer; with HTTP below 500. `dropped`: a rule dropped the packet; silence until the timeout. `rejected`: a rule rejected it; connection refused at once, silence over SCTP. `refused`: nothing listens there; connection refused at once. `reset`: an open connection was reset. `timeout`: nobody answered. `unreachable`: a router or node said so. `lb-unavailable`: the load balancer has no target that it would use. `http-error`: an HTTP answer of 500 or more.
             * @enum {string}
             */
            outcome: "ok" | "dropped" | "rejected" | "refused" | "reset" | "timeout" | "unreachable" | "lb-unavailable" | "http-error";
            /** @description Of the HTTP answer. */
            status: number | null;
            /** @description How often the client has tried: 1, or more with `retries`; null in runs of model versions before 0.4.0. */
            attempts: number | null;
            /** @description Until the connection stood; null where none came about, or one was open already. */
            connectUs: number | null;
            latencyUs: number;
            /** @description Where and by which rule it was dropped, or why nobody answered. */
            reason: string | null;
            /** @enum {string} */
            protocol: "TCP" | "UDP" | "SCTP";
            /** @description Why it failed, of a closed set, beside the reason in words. */
            cause: ("no-endpoint" | "no-local-endpoint" | "source-range" | "rule" | "impossible-source" | "no-route" | "no-address" | "port-closed" | "pod-starting" | "pod-stopped" | "pod-gone" | "pod-killed" | "node-down" | "link-cut" | "packet-lost" | "answer-astray" | "loop" | "stale-conntrack" | "invalid-packet" | "no-source-port" | "hairpin" | "lb-no-target" | "lb-no-port" | "lb-closed" | "proxy-closed" | "proxy-header-missing" | "proxy-header-unexpected" | "overloaded" | "app-error" | "too-late" | "lb-zone-lost" | "idle-closed" | "impossible-destination" | "conntrack-race" | "backlog-full" | "sender-gone") | null;
            /** @description What the timeline or a step did that made it fail; null where nothing did, or nobody can tell. */
            event: string | null;
            /** @description Where that stands in the document: `/timeline/0`, `/steps/3`; null where nothing of it is behind the event, as of a probe that failed under load. */
            eventPath: string | null;
            /** @description How many SYNs, INITs or datagrams were sent, in all tries together; 0 on a connection that was open. */
            firstPackets: number;
        };
        Healthz: {
            nodes: components["schemas"]["NodeHealthTimeline"][];
            loadBalancers: components["schemas"]["LoadBalancerTimeline"][];
            /** @description With `probes=true`: single probes, in the order of time. */
            probes?: {
                items: components["schemas"]["Probe"][];
                /** @description The cursor of the next page. */
                next: string | null;
            };
        };
        NodeHealthTimeline: {
            node: string;
            /** @description Null for kube-proxy's own. */
            service: string | null;
            /** @enum {string} */
            kind: "healthCheckNodePort" | "proxy-healthz" | "proxy-livez";
            port: number;
            segments: components["schemas"]["HealthSegment"][];
        };
        HealthSegment: {
            fromMs: number;
            toMs: number;
            /** @description Null where nothing listens. */
            status: number | null;
            localEndpoints: number | null;
            /** @description The answer as a client gets it. */
            body: string | null;
            headers: {
                [key: string]: string;
            };
        };
        LoadBalancerTimeline: {
            service: string;
            node: string;
            /** @description Where the load balancer's targets are pods. */
            pod?: string;
            segments: {
                fromMs: number;
                toMs: number;
                /** @enum {string} */
                state: "healthy" | "unhealthy" | "absent";
            }[];
            /** @description How many probes were sent to this node. */
            probes: number;
            /** @description Where it has several: what each of them made of the target. */
            probers?: {
                /** @description Its zone, or its number. */
                prober: string;
                segments: {
                    fromMs: number;
                    toMs: number;
                    /** @enum {string} */
                    state: "healthy" | "unhealthy" | "absent";
                }[];
            }[];
        };
        Probe: {
            service: string;
            node: string;
            pod?: string;
            /** @description Its zone, or its number. */
            prober: string;
            /** @description When it reached its target. */
            atMs: number;
            /**
             * @description `silent`: nobody answered within the timeout.
             * @enum {string}
             */
            result: "pass" | "fail" | "silent";
            /** @description Of the HTTP answer; null where it only connects, or nobody answered. */
            status: number | null;
        };
        Trace: {
            atMs: number;
            /** @description Everything that chance allows; the probabilities sum to 1. */
            outcomes: components["schemas"]["TraceOutcome"][];
            healthChecks?: components["schemas"]["TraceHealthCheck"][];
            /** @description What of the scenario may not be as it was meant, and what was assumed of rules that the request brought. */
            warnings?: components["schemas"]["Issue"][];
            /** @description The paths as a Mermaid graph. */
            mermaid: string;
        };
        TraceOutcome: {
            /** @enum {string} */
            verdict: "delivered" | "dropped" | "rejected" | "passthrough";
            probability: number;
            endpoint: {
                ip: string;
                port: number;
                pod?: string;
                node?: string;
            } | null;
            /** @description What the endpoint sees as source. */
            sourceIp: string | null;
            /** @description Whose address that is. */
            sourceKind: ("client" | "node" | "bridge" | "lb" | "pod") | null;
            /** @description The client's address as a load balancer on the way tells it. */
            forwardedFor?: string;
            /** @description Whether the masquerade mark was set. */
            masquerade: boolean;
            /**
             * @description With passthrough: a rule accepted the packet on the node.
             * @constant
             */
            accepted?: true;
            reason?: string;
            /** @description The node whose rules decided. */
            node: string | null;
            path: components["schemas"]["PathHop"][];
            steps: components["schemas"]["TraceStep"][];
            returnPath: components["schemas"]["PathHop"][];
        };
        PathHop: {
            /** @enum {string} */
            kind: "client" | "pod" | "node" | "loadBalancer" | "proxy" | "endpoint" | "outside";
            name: string;
            /** @description As the packet leaves this hop: ip:port, or ip where the port is not known. */
            source: string;
            destination: string;
            /** @description What this hop rewrote. */
            rewrites: ("DNAT" | "SNAT")[];
        };
        TraceStep: {
            node: string;
            /** @enum {string} */
            hook: "PREROUTING" | "INPUT" | "FORWARD" | "OUTPUT" | "POSTROUTING";
            table: string;
            chain: string;
            /** @description As iptables-save prints it, without -A CHAIN. */
            rule: string;
            /** @description What it did with this packet. */
            action: string;
        };
        TraceHealthCheck: {
            loadBalancer: string;
            node: string;
            /** @description Where the load balancer's targets are pods. */
            pod?: string;
            /** @enum {string} */
            state: "healthy" | "unhealthy" | "absent";
            status: number | null;
        };
        TraceRequest: {
            /** @description A stored scenario. */
            scenarioId?: string;
            /** @description A scenario that comes with the server. */
            preset?: string;
            /** @description A scenario document, see /v1/schemas/scenario.json. */
            scenario?: Record<string, never>;
            /**
             * @description Virtual time, as Kubernetes writes durations: "10s", "1m30s".
             * @default 0s
             */
            at: string;
            /**
             * @description By node: a real node's rules, as text. The packet walks through them instead of those that the scenario has there. Each field of NodeRules is what one tool prints.
             * @example {
             *       "n1": {
             *         "iptablesSave": "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n"
             *       }
             *     }
             */
            rules?: {
                [key: string]: components["schemas"]["NodeRules"];
            };
            packet: {
                from: components["schemas"]["PacketFrom"];
                to: components["schemas"]["PacketTo"];
                /**
                 * @default TCP
                 * @enum {string}
                 */
                protocol: "TCP" | "UDP" | "SCTP";
            };
        };
        /** @description A real node's rules: packets walk through them instead of those that kube-proxy would write. Where one family is given, the other keeps kube-proxy's. */
        NodeRules: {
            /** @description What iptables-save prints. */
            iptablesSave?: string;
            /** @description What ip6tables-save prints. */
            ip6tablesSave?: string;
            /** @description What nft list ruleset prints. */
            nftRuleset?: string;
            /** @description What ipset save prints: the sets that rules of iptables ask with -m set. */
            ipsetSave?: string;
        };
        /** @description A pod, a process on a node, a client, or a packet as it enters a node. */
        PacketFrom: {
            /** @description NAMESPACE/NAME; without a namespace: default. */
            pod: string;
        } | {
            node: string;
            /** @description The source that the process binds. */
            ip?: string;
        } | {
            /** @description One of the clients of the scenario. */
            client: string;
        } | {
            /** @description An IP address. */
            ip: string;
            /** @description The node on whose PREROUTING hook the packet is put, whatever its source is. */
            enters: string;
            interface?: string;
        };
        /** @description An address and port, or a service by one of its ways in. */
        PacketTo: {
            /** @description An IP address. */
            ip: string;
            port: number;
        } | {
            /** @description NAMESPACE/NAME; without a namespace: default. */
            service: string;
            /** @description Number or name; may be left out where there is one. */
            port?: number | string;
            /**
             * @description Without it: what such a sender would use. Of a headless service that is each address behind its name, at the port that is asked for; `endpoint` is each ready endpoint at its own port.
             * @enum {string}
             */
            via?: "clusterIP" | "nodePort" | "loadBalancer" | "externalIP" | "endpoint";
            /** @description With nodePort: whose address. Without it: every node, each an outcome. */
            node?: string;
            /** @enum {string} */
            ipFamily?: "IPv4" | "IPv6";
            /** @description One of several addresses of that kind. */
            ip?: string;
        };
        Matrix: {
            atMs: number;
            variants: {
                name: string;
                settings: {
                    [key: string]: string | boolean;
                };
            }[];
            sources: components["schemas"]["MatrixSource"][];
            tables: components["schemas"]["MatrixTable"][];
            /** @description Services without an address to ask. */
            withoutAddress: string[];
            /** @description With onlyDifferences: services that are the same in all variants. */
            withoutDifference: string[];
            /** @description What of the scenario may not be as it was meant. */
            warnings?: components["schemas"]["Issue"][];
        };
        MatrixSource: {
            /** @enum {string} */
            kind: "pod" | "node" | "client";
            name: string;
            /** @description Of a pod: where it is; null: on no node, so that it sends nothing. */
            node: string | null;
            ips: string[];
            /** @constant */
            hostNetwork?: true;
        };
        /** @description One port of one service in one IP family. */
        MatrixTable: {
            service: string;
            /** @enum {string} */
            type: "ClusterIP" | "NodePort" | "LoadBalancer";
            /** @description As the service has it, whatever a variant makes of it. */
            externalTrafficPolicy: ("Cluster" | "Local") | null;
            internalTrafficPolicy: ("Cluster" | "Local") | null;
            port: number;
            portName: string | null;
            /** @enum {string} */
            protocol: "TCP" | "UDP" | "SCTP";
            /** @enum {string} */
            ipFamily: "IPv4" | "IPv6";
            destinations: {
                /** @enum {string} */
                via: "clusterIP" | "nodePort" | "loadBalancer" | "externalIP";
                ip: string;
                port: number;
                /** @description With nodePort: whose address. */
                node: string | null;
            }[];
            /** @description Those that somebody reaches. */
            endpoints: {
                ip: string;
                port: number;
                pod: string | null;
                node: string | null;
            }[];
            /** @description Every different answer once; its probabilities sum to 1. */
            answers: components["schemas"]["MatrixOutcome"][][];
            rows: {
                /** @description Indices of `sources`: all that this row holds for, of one kind and node. */
                sources: number[];
                /** @description By destination, then by variant: indices of `answers`. An index is null where the sender has no address of that family, a cell is null where there is no difference to show. */
                cells: ((number | null)[] | null)[];
            }[];
        };
        MatrixOutcome: {
            /** @enum {string} */
            verdict: "delivered" | "dropped" | "rejected" | "passthrough";
            probability: number;
            /** @description Indices of `endpoints` of the table; each of them may get it. */
            endpoints: number[];
            /** @description Where the sender is an endpoint: it reaches itself, or all of `endpoints` but itself. */
            itself: ("only" | "never") | null;
            /** @description What the endpoint sees as source. */
            seen: {
                /** @enum {string} */
                kind: "client" | "node" | "bridge" | "lb" | "pod";
                /** @description Null: the sender's own, of each sender of the row its own. */
                ip: string | null;
                /** @description The node whose address it is, or that of its bridge. */
                node: string | null;
            } | null;
            /** @description Whether the masquerade mark was set. */
            masquerade: boolean;
            /** @description With passthrough: a rule accepted the packet on the node. */
            accepted: boolean;
            /** @description The node whose rules decided. */
            node: string | null;
            reason: string | null;
        };
        MatrixRequest: {
            /** @description A stored scenario. */
            scenarioId?: string;
            /** @description A scenario that comes with the server. */
            preset?: string;
            /** @description A scenario document, see /v1/schemas/scenario.json. */
            scenario?: Record<string, never>;
            /**
             * @description Virtual time, as Kubernetes writes durations: "10s", "1m30s".
             * @default 0s
             */
            at: string;
            /** @description Who sends; without: every pod, node and client. */
            sources?: components["schemas"]["MatrixFrom"][];
            /** @description Without: all. */
            services?: string[];
            /**
             * @description Without: both.
             * @default []
             */
            families: ("IPv4" | "IPv6")[];
            /**
             * @description By which addresses; without: by all.
             * @default []
             */
            via: ("clusterIP" | "nodePort" | "loadBalancer" | "externalIP")[];
            vary?: components["schemas"]["MatrixVary"];
            /**
             * @description Only what is not the same in all variants.
             * @default false
             */
            onlyDifferences: boolean;
        };
        /** @description All of a kind, or one by name. */
        MatrixFrom: ("pods" | "nodes" | "clients") | {
            /** @description NAMESPACE/NAME; without a namespace: default. */
            pod: string;
        } | {
            /** @description All pods of that node. */
            podsOn: string;
        } | {
            /** @description All pods of that namespace. */
            podsIn: string;
        } | {
            node: string;
        } | {
            client: string;
        };
        /** @description Every combination is a variant. */
        MatrixVary: {
            /** @description Of every service that nodes or load balancers are asked for. */
            externalTrafficPolicy?: ("Cluster" | "Local")[];
            /** @description Of every service. */
            internalTrafficPolicy?: ("Cluster" | "Local")[];
            /** @description kube-proxy's mode, on every node. */
            mode?: ("iptables" | "nftables" | "ipvs" | "userspace")[];
            /** @description Kubernetes version of every node, as `1.31`. */
            version?: string[];
            masqueradeAll?: boolean[];
            /** @description An empty text: no detector of local traffic by CIDR. */
            clusterCIDR?: string[];
            detectLocalMode?: ("ClusterCIDR" | "NodeCIDR" | "BridgeInterface" | "InterfaceNamePrefix")[];
            /** @description How pods are joined to their node. */
            cni?: ("bridge" | "routed")[];
        };
        Comparison: {
            id: string;
            /**
             * @description `failed`: not one run has come to its end.
             * @enum {string}
             */
            status: "queued" | "running" | "succeeded" | "failed" | "cancelled";
            progress: number;
            /** @description Of the scenario. */
            name: string;
            scenarioId: string | null;
            preset: string | null;
            /** @description The first. */
            seed: number;
            /**
             * Format: date-time
             * @example 2026-01-31T12:00:00.000Z
             */
            createdAt: string;
            startedAt: string | null;
            finishedAt: string | null;
            modelVersion: string | null;
            links: {
                [key: string]: string;
            };
            /** @description Why it failed. */
            error: {
                code: string;
                message: string;
                /** @description What to do about it. */
                hint: string;
            } | null;
            /** @description Null before it has succeeded. */
            base: components["schemas"]["ComparedRun"] | null;
            /** @description Null before it has succeeded. */
            variants: components["schemas"]["ComparedVariant"][] | null;
        };
        ComparedRun: {
            name: string;
            fingerprint: string;
            summary: components["schemas"]["RunSummary"];
            expectations: components["schemas"]["ExpectationResult"][];
            /** @description What may not be as it was meant; of a variant, what the base does not warn of already. */
            warnings: components["schemas"]["Issue"][];
        };
        ComparedVariant: {
            name: string;
            fingerprint: string;
            summary: components["schemas"]["RunSummary"];
            expectations: components["schemas"]["ExpectationResult"][];
            /** @description What may not be as it was meant; of a variant, what the base does not warn of already. */
            warnings: components["schemas"]["Issue"][];
            differs: components["schemas"]["RunDifference"];
        };
        RunDifference: {
            /** @description Those of which there are not as many. */
            outcomes: {
                [key: string]: {
                    base: number;
                    variant: number;
                };
            };
            sourceKinds: {
                [key: string]: {
                    base: number;
                    variant: number;
                };
            };
            /** @description Null where it is the same. */
            latencyUs: {
                /** @description Over requests with outcome ok. */
                base: {
                    mean: number;
                    min: number;
                    max: number;
                } | null;
                /** @description Over requests with outcome ok. */
                variant: {
                    mean: number;
                    min: number;
                    max: number;
                } | null;
            } | null;
            losses: {
                cause: string | null;
                place: string | null;
                event: string | null;
                base: number;
                variant: number;
            }[];
            /** @description Those with another verdict; null: not in that run. */
            expectations: {
                name: string;
                base: boolean | null;
                variant: boolean | null;
            }[];
            /** @description What nodes answered, and what load balancers took them for, where that is not the same; at most 50. */
            healthz: {
                node: string;
                service: string | null;
                /** @enum {string} */
                kind: "healthCheckNodePort" | "proxy-healthz" | "proxy-livez" | "loadBalancer";
                base: {
                    fromMs: number;
                    toMs: number;
                    is: string;
                }[] | null;
                variant: {
                    fromMs: number;
                    toMs: number;
                    is: string;
                }[] | null;
            }[];
            requests: components["schemas"]["RequestDifferences"];
        };
        RequestDifferences: {
            /** @description Requests of both: same client, same target, begun at the same time. */
            compared: number;
            /** @description They end in another way, for another cause, or the pod saw another source. */
            different: number;
            onlyBase: number;
            onlyVariant: number;
            /** @description By outcome before and after; the same twice: cause or source differ. */
            changes: {
                /** @enum {string} */
                from: "ok" | "dropped" | "rejected" | "refused" | "reset" | "timeout" | "unreachable" | "lb-unavailable" | "http-error";
                /** @enum {string} */
                to: "ok" | "dropped" | "rejected" | "refused" | "reset" | "timeout" | "unreachable" | "lb-unavailable" | "http-error";
                count: number;
            }[];
            /** @description The first of those that differ, with both rows. */
            first: {
                base: components["schemas"]["RequestRow"] | null;
                variant: components["schemas"]["RequestRow"] | null;
            }[];
        };
        ComparisonRequest: {
            /** @description A stored scenario. */
            scenarioId?: string;
            /** @description A scenario that comes with the server. */
            preset?: string;
            /** @description A scenario document, see /v1/schemas/scenario.json. */
            scenario?: Record<string, never>;
            /** @description Of all runs, instead of the scenario's own. */
            seed?: number;
            variants: components["schemas"]["ComparisonVariant"][];
            /**
             * @description How many requests that differ are shown of each variant.
             * @default 20
             */
            show: number;
        };
        ComparisonVariant: {
            name: string;
            /**
             * @description A JSON merge patch (RFC 7396) of the scenario document: `{cluster: {version: "1.28"}}`. null takes a field out; a list is replaced as a whole.
             * @default {}
             */
            set: {
                [key: string]: unknown;
            };
            /**
             * @description Merge patches of objects, by `Kind/namespace/name`, without a namespace: default. `{"Service/web": {spec: {externalTrafficPolicy: Cluster}}}`; null takes the object out.
             * @default {}
             */
            objects: {
                [key: string]: {
                    [key: string]: unknown;
                } | null;
            };
        };
        ComparisonPage: {
            items: components["schemas"]["ComparisonOutline"][];
            /** @description The cursor of the next page. */
            next: string | null;
        };
        ComparisonOutline: {
            id: string;
            /**
             * @description `failed`: not one run has come to its end.
             * @enum {string}
             */
            status: "queued" | "running" | "succeeded" | "failed" | "cancelled";
            progress: number;
            /** @description Of the scenario. */
            name: string;
            scenarioId: string | null;
            preset: string | null;
            /** @description The first. */
            seed: number;
            /**
             * Format: date-time
             * @example 2026-01-31T12:00:00.000Z
             */
            createdAt: string;
            startedAt: string | null;
            finishedAt: string | null;
            modelVersion: string | null;
            links: {
                [key: string]: string;
            };
        };
        Experiment: {
            id: string;
            /**
             * @description `failed`: not one run has come to its end.
             * @enum {string}
             */
            status: "queued" | "running" | "succeeded" | "failed" | "cancelled";
            progress: number;
            /** @description Of the scenario. */
            name: string;
            scenarioId: string | null;
            preset: string | null;
            /** @description The first. */
            seed: number;
            seeds: number;
            /**
             * Format: date-time
             * @example 2026-01-31T12:00:00.000Z
             */
            createdAt: string;
            startedAt: string | null;
            finishedAt: string | null;
            runs: {
                total: number;
                done: number;
                failed: number;
            };
            modelVersion: string | null;
            links: {
                [key: string]: string;
            };
            figures: {
                name: string;
                /** @enum {string} */
                unit: "share" | "count" | "us" | "s";
                text: string;
            }[];
            /** @description The first is the baseline. Of the runs that have ended. */
            cells: components["schemas"]["ExperimentCell"][];
        };
        ExperimentCell: {
            name: string;
            /** @description What it sets, by field. */
            settings: {
                [key: string]: unknown;
            };
            /** @description Of its scenario. */
            digest: string;
            /** @description Of cells after the first, what the first does not warn of. */
            warnings: components["schemas"]["Issue"][];
            runs: {
                done: number;
                failed: number;
            };
            /** @description Why runs have failed, each reason once with its first seeds. */
            failures: {
                code: string;
                message: string;
                /** @description What to do about it. */
                hint: string;
                seeds: number[];
                count: number;
            }[];
            figures: {
                [key: string]: components["schemas"]["CellFigure"];
            };
        };
        CellFigure: {
            /** @description Runs that have the figure. */
            n: number;
            mean: number | null;
            sd: number | null;
            min: number | null;
            p10: number | null;
            p50: number | null;
            p90: number | null;
            max: number | null;
            /** @description Of the mean. */
            ci95: {
                from: number;
                to: number;
            } | null;
            /** @description From the baseline; null for itself. */
            differs: components["schemas"]["FigureDifference"] | null;
        };
        FigureDifference: {
            /** @description Seeds of which both cells have the figure. */
            pairs: number;
            /** @description This cell's value minus the baseline's, on the same dice. */
            mean: number | null;
            ci95: {
                from: number;
                to: number;
            } | null;
            /** @description Of a paired t test, and never below 2^(1-pairs). */
            p: number | null;
            /** @description The same, corrected after Holm for all differences of the table. */
            pAdjusted: number | null;
            /** @description `pAdjusted` is below 0.05. */
            real: boolean;
        };
        ExperimentRequest: {
            /** @description A stored scenario. */
            scenarioId?: string;
            /** @description A scenario that comes with the server. */
            preset?: string;
            /** @description A scenario document, see /v1/schemas/scenario.json. */
            scenario?: Record<string, never>;
            /** @description Every combination of these values is a cell; the baseline has the first value of each. */
            vary?: components["schemas"]["VariedField"][];
            /** @description Instead of `vary`: each is a cell, and the scenario as it is, `base`, is the baseline. */
            variants?: components["schemas"]["ComparisonVariant"][];
            /**
             * @description So many runs of each cell.
             * @default 20
             */
            seeds: number;
            /** @description The first seed, instead of the scenario's own; the others follow it. */
            seed?: number;
            /**
             * @default [
             *       "ok",
             *       "lost",
             *       "latencyP50",
             *       "latencyP99",
             *       "source.client",
             *       "unhealthySeconds"
             *     ]
             */
            figures: ("requests" | "ok" | "lost" | "lossSeconds" | "outcome.ok" | "outcome.dropped" | "outcome.rejected" | "outcome.refused" | "outcome.reset" | "outcome.timeout" | "outcome.unreachable" | "outcome.lb-unavailable" | "outcome.http-error" | "source.client" | "source.node" | "source.bridge" | "source.lb" | "source.pod" | "latencyMean" | "latencyP50" | "latencyP90" | "latencyP99" | "latencyP99.9" | "latencyMax" | "unhealthySeconds" | "failingSeconds" | "expectationsMet" | "probes" | "ruleSyncs" | "endpointChanges")[];
        };
        VariedField: {
            /** @description JSON pointer (RFC 6901) into the document: `/cluster/version`, `/traffic/0/rate`; with `object` into that object. */
            field: string;
            /** @description `Kind/namespace/name`, without a namespace: default. `Service/web`. */
            object?: string;
            /** @description What it is set to; null takes the field out, a map is merged into the one that is there. */
            values: unknown[];
            /** @description Default: the last part of `field`. */
            name?: string;
        };
        ExperimentPage: {
            items: components["schemas"]["ExperimentOutline"][];
            /** @description The cursor of the next page. */
            next: string | null;
        };
        ExperimentOutline: {
            id: string;
            /**
             * @description `failed`: not one run has come to its end.
             * @enum {string}
             */
            status: "queued" | "running" | "succeeded" | "failed" | "cancelled";
            progress: number;
            /** @description Of the scenario. */
            name: string;
            scenarioId: string | null;
            preset: string | null;
            /** @description The first. */
            seed: number;
            seeds: number;
            /**
             * Format: date-time
             * @example 2026-01-31T12:00:00.000Z
             */
            createdAt: string;
            startedAt: string | null;
            finishedAt: string | null;
            runs: {
                total: number;
                done: number;
                failed: number;
            };
            modelVersion: string | null;
            links: {
                [key: string]: string;
            };
        };
        ScenarioStored: {
            id: string;
            name: string;
            /** @description One more with each replacement; the ETag is this in quotes. */
            revision: number;
            /** @description SHA-256 of the normalised scenario: equal where two documents mean the same. */
            digest: string;
            /**
             * Format: date-time
             * @example 2026-01-31T12:00:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-01-31T12:00:00.000Z
             */
            updatedAt: string;
            /** @description What may not be as it was meant. */
            warnings: components["schemas"]["Issue"][];
        };
        /** @description A scenario document; its schema is at /v1/schemas/scenario.json. */
        ScenarioDocument: {
            [key: string]: unknown;
        };
        ScenarioPage: {
            items: components["schemas"]["ScenarioOutline"][];
            /** @description The cursor of the next page. */
            next: string | null;
        };
        ScenarioOutline: {
            id: string;
            name: string;
            /** @description One more with each replacement; the ETag is this in quotes. */
            revision: number;
            /** @description SHA-256 of the normalised scenario: equal where two documents mean the same. */
            digest: string;
            /**
             * Format: date-time
             * @example 2026-01-31T12:00:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-01-31T12:00:00.000Z
             */
            updatedAt: string;
        };
        Scenario: {
            id: string;
            name: string;
            /** @description One more with each replacement; the ETag is this in quotes. */
            revision: number;
            /** @description SHA-256 of the normalised scenario: equal where two documents mean the same. */
            digest: string;
            /**
             * Format: date-time
             * @example 2026-01-31T12:00:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-01-31T12:00:00.000Z
             */
            updatedAt: string;
            document: components["schemas"]["ScenarioDocument"];
        };
        PresetList: {
            items: {
                name: string;
                /** @description The name of the scenario. */
                title: string;
                /** @description What it shows, and where it differs from a real cluster. */
                notes: string;
                digest: string;
                url: string;
            }[];
        };
        KeyIssued: {
            /** @description The part of the key after `hp_`. */
            id: string;
            tenant: string;
            name: string;
            /**
             * @description `write` includes `read`, `admin` both: it makes and revokes keys.
             * @enum {string}
             */
            scope: "read" | "write" | "admin";
            /**
             * Format: date-time
             * @example 2026-01-31T12:00:00.000Z
             */
            createdAt: string;
            /** @description The key that made it. Null: the server asked nobody for a key then; such a key opens nothing. */
            createdBy: string | null;
            expiresAt: string | null;
            /** @description To the minute. */
            lastUsedAt: string | null;
            revokedAt: string | null;
            /** @description Until when the key of before the last rotation is valid. */
            previousUntil: string | null;
            /** @description The key itself. It is shown once, here. */
            key: string;
        };
        KeyRequest: {
            /** @description For people: what it is for. */
            name: string;
            /**
             * @description `write` includes `read`, `admin` both: it makes and revokes keys.
             * @enum {string}
             */
            scope: "read" | "write" | "admin";
            /** @description Default: that of the key that asks. Another one only for a key of the tenant `default`. */
            tenant?: string;
            /** @description Without it the key does not expire. */
            expiresInDays?: number;
        };
        KeyPage: {
            items: components["schemas"]["Key"][];
            /** @description The cursor of the next page. */
            next: string | null;
        };
        Key: {
            /** @description The part of the key after `hp_`. */
            id: string;
            tenant: string;
            name: string;
            /**
             * @description `write` includes `read`, `admin` both: it makes and revokes keys.
             * @enum {string}
             */
            scope: "read" | "write" | "admin";
            /**
             * Format: date-time
             * @example 2026-01-31T12:00:00.000Z
             */
            createdAt: string;
            /** @description The key that made it. Null: the server asked nobody for a key then; such a key opens nothing. */
            createdBy: string | null;
            expiresAt: string | null;
            /** @description To the minute. */
            lastUsedAt: string | null;
            revokedAt: string | null;
            /** @description Until when the key of before the last rotation is valid. */
            previousUntil: string | null;
        };
        Self: {
            /** @description Null: the server asks nobody for a key. */
            keyId: string | null;
            name: string;
            tenant: string;
            /**
             * @description `write` includes `read`, `admin` both: it makes and revokes keys.
             * @enum {string}
             */
            scope: "read" | "write" | "admin";
        };
        RotateRequest: {
            /**
             * @description For so long the key of before is valid too; at most 720h.
             * @default 24h
             */
            overlap: string;
        };
        WebhookWithSecret: {
            id: string;
            url: string;
            description: string;
            /** @description Empty: it was made for one simulation, and is told of that alone. */
            events: string[];
            enabled: boolean;
            /** @description Why it was disabled, where nobody asked for that. */
            disabledReason: string | null;
            disabledAt: string | null;
            /** @description When a delivery was last answered with 2xx. */
            lastSuccessAt: string | null;
            /** @description Until then messages are signed with the secret before, too. */
            previousSecretUntil: string | null;
            /**
             * Format: date-time
             * @example 2026-01-31T12:00:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-01-31T12:00:00.000Z
             */
            updatedAt: string;
            links: {
                self: string;
                deliveries: string;
            };
            /** @description To check signatures with. It is not shown again. */
            secret: string;
        };
        WebhookRequest: {
            /** @description Where events are sent by POST: https, port 80, 443 or 1024 and above, to an address of the public internet unless WEBHOOK_ALLOW_NETWORKS says otherwise. */
            url: string;
            /**
             * @description For people.
             * @default
             */
            description: string;
            /**
             * @description Which events: types, all of one resource (`simulation.*`), or all (`*`).
             * @default [
             *       "*"
             *     ]
             */
            events: ("*" | "simulation.*" | "simulation.succeeded" | "simulation.failed" | "simulation.cancelled" | "experiment.*" | "experiment.succeeded" | "experiment.failed" | "experiment.cancelled" | "comparison.*" | "comparison.succeeded" | "comparison.failed" | "comparison.cancelled")[];
            /**
             * @description Whether events are sent. Enabling forgets why it was disabled.
             * @default true
             */
            enabled: boolean;
            /** @description `whsec_` and base64 of 24 to 64 bytes; without, one is made. It is shown in the answer and never again. */
            secret?: string;
        };
        WebhookPage: {
            items: components["schemas"]["Webhook"][];
            /** @description The cursor of the next page. */
            next: string | null;
        };
        Webhook: {
            id: string;
            url: string;
            description: string;
            /** @description Empty: it was made for one simulation, and is told of that alone. */
            events: string[];
            enabled: boolean;
            /** @description Why it was disabled, where nobody asked for that. */
            disabledReason: string | null;
            disabledAt: string | null;
            /** @description When a delivery was last answered with 2xx. */
            lastSuccessAt: string | null;
            /** @description Until then messages are signed with the secret before, too. */
            previousSecretUntil: string | null;
            /**
             * Format: date-time
             * @example 2026-01-31T12:00:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-01-31T12:00:00.000Z
             */
            updatedAt: string;
            links: {
                self: string;
                deliveries: string;
            };
        };
        WebhookReplacement: {
            /** @description Where events are sent by POST: https, port 80, 443 or 1024 and above, to an address of the public internet unless WEBHOOK_ALLOW_NETWORKS says otherwise. */
            url: string;
            /**
             * @description For people.
             * @default
             */
            description: string;
            /**
             * @description Which events: types, all of one resource (`simulation.*`), or all (`*`).
             * @default [
             *       "*"
             *     ]
             */
            events: ("*" | "simulation.*" | "simulation.succeeded" | "simulation.failed" | "simulation.cancelled" | "experiment.*" | "experiment.succeeded" | "experiment.failed" | "experiment.cancelled" | "comparison.*" | "comparison.succeeded" | "comparison.failed" | "comparison.cancelled")[];
            /**
             * @description Whether events are sent. Enabling forgets why it was disabled.
             * @default true
             */
            enabled: boolean;
        };
        WebhookChange: {
            /** @description Where events are sent by POST: https, port 80, 443 or 1024 and above, to an address of the public internet unless WEBHOOK_ALLOW_NETWORKS says otherwise. */
            url?: string;
            /** @description For people. */
            description?: string;
            /** @description Which events: types, all of one resource (`simulation.*`), or all (`*`). */
            events?: ("*" | "simulation.*" | "simulation.succeeded" | "simulation.failed" | "simulation.cancelled" | "experiment.*" | "experiment.succeeded" | "experiment.failed" | "experiment.cancelled" | "comparison.*" | "comparison.succeeded" | "comparison.failed" | "comparison.cancelled")[];
            /** @description Whether events are sent. Enabling forgets why it was disabled. */
            enabled?: boolean;
        };
        RotateSecretRequest: {
            /** @description For so long, at most 168h, messages are signed with the secret before too; 0s: not at all. 24h unless told. */
            overlap?: string;
        };
        WebhookDeliveryPage: {
            items: components["schemas"]["WebhookDelivery"][];
            /** @description The cursor of the next page. */
            next: string | null;
        };
        WebhookDelivery: {
            /** @description The `webhook-id` of all its attempts. */
            id: string;
            type: string;
            /** @description Of the simulation, experiment or comparison. */
            subjectId: string;
            /**
             * @description queued: to be sent at `dueAt`, for the first time or once more.
             * @enum {string}
             */
            status: "queued" | "running" | "succeeded" | "failed";
            /** @description Why it has failed. */
            reason: string | null;
            /**
             * Format: date-time
             * @example 2026-01-31T12:00:00.000Z
             */
            createdAt: string;
            /** @description When it is sent next; null where it is not. */
            dueAt: string | null;
            finishedAt: string | null;
            /** @description How many there were; the log keeps the last 50. */
            attempts: number;
            /** @description What is sent, byte for byte. */
            body: string;
            log: components["schemas"]["WebhookAttempt"][];
            links: {
                self: string;
                webhook: string;
            };
        };
        WebhookAttempt: {
            number: number;
            /**
             * Format: date-time
             * @example 2026-01-31T12:00:00.000Z
             */
            startedAt: string;
            durationMs: number;
            request: {
                /** @description As they were sent; the body is that of the delivery. */
                headers: {
                    [key: string]: string;
                };
            };
            /** @description Null: none came. */
            response: {
                status: number;
                /** @description At most 40, each up to 500 characters, 4,096 in all; no cookies. */
                headers: {
                    [key: string]: string;
                };
                /** @description Its first 2,048 bytes, where they are text that is not compressed. */
                body: string;
                /** @description How much of it was read, at most about 64 KiB. */
                bytes: number;
                /** @description There was more than is kept here. */
                truncated: boolean;
            } | null;
            /** @description Null: it was delivered. */
            error: {
                /** @description refused, dns, timeout, tls, connection, redirect, gone, status or secret-unreadable. */
                code: string;
                message: string;
            } | null;
        };
        Readiness: {
            /** @constant */
            status: "ready";
            /** @description How many, by status; where nobody is asked for a key, or with one of the tenant `default`. */
            simulations?: {
                [key: string]: number;
            };
        };
        SimulationEvent: {
            /** @enum {string} */
            type: "simulation.succeeded" | "simulation.failed" | "simulation.cancelled";
            /**
             * Format: date-time
             * @description When it happened.
             * @example 2026-01-31T12:00:00.000Z
             */
            timestamp: string;
            data: {
                id: string;
                /** @enum {string} */
                status: "succeeded" | "failed" | "cancelled";
                /** @description The first 200 characters. */
                name: string;
                scenarioId: string | null;
                preset: string | null;
                seed: number;
                createdAt: string | null;
                startedAt: string | null;
                finishedAt: string | null;
                error: {
                    code: string;
                    message: string;
                } | null;
                fingerprint: string | null;
                summary: {
                    requests: number;
                    /** @description Every outcome that occurred. */
                    outcomes: {
                        [key: string]: number;
                    };
                    /** @description Over requests with outcome ok. */
                    latencyUs: {
                        mean: number;
                        min: number;
                        max: number;
                    } | null;
                } | null;
                expectations: {
                    passed: number;
                    failed: number;
                } | null;
                /** @description Paths on the server. */
                links: {
                    [key: string]: string;
                };
            };
        };
        ExperimentEvent: {
            /** @enum {string} */
            type: "experiment.succeeded" | "experiment.failed" | "experiment.cancelled";
            /**
             * Format: date-time
             * @description When it happened.
             * @example 2026-01-31T12:00:00.000Z
             */
            timestamp: string;
            data: {
                id: string;
                /** @enum {string} */
                status: "succeeded" | "failed" | "cancelled";
                /** @description The first 200 characters. */
                name: string;
                scenarioId: string | null;
                preset: string | null;
                seed: number;
                seeds: number;
                createdAt: string | null;
                startedAt: string | null;
                finishedAt: string | null;
                runs: {
                    all: number;
                    done: number;
                    failed: number;
                };
                /** @description Paths on the server. */
                links: {
                    [key: string]: string;
                };
            };
        };
        ComparisonEvent: {
            /** @enum {string} */
            type: "comparison.succeeded" | "comparison.failed" | "comparison.cancelled";
            /**
             * Format: date-time
             * @description When it happened.
             * @example 2026-01-31T12:00:00.000Z
             */
            timestamp: string;
            data: {
                id: string;
                /** @enum {string} */
                status: "succeeded" | "failed" | "cancelled";
                /** @description The first 200 characters. */
                name: string;
                scenarioId: string | null;
                preset: string | null;
                seed: number;
                seeds: number;
                createdAt: string | null;
                startedAt: string | null;
                finishedAt: string | null;
                runs: {
                    all: number;
                    done: number;
                    failed: number;
                };
                /** @description Paths on the server. */
                links: {
                    [key: string]: string;
                };
            };
        };
        TestEvent: {
            /** @enum {string} */
            type: "webhook.test";
            /**
             * Format: date-time
             * @description When it happened.
             * @example 2026-01-31T12:00:00.000Z
             */
            timestamp: string;
            data: {
                id: string;
                text: string;
                /** @description Paths on the server. */
                links: {
                    [key: string]: string;
                };
            };
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listSimulations: {
        parameters: {
            query?: {
                /** @description Only those that have it. */
                status?: "queued" | "running" | "succeeded" | "failed" | "cancelled";
                /** @description Only those of this stored scenario. */
                scenarioId?: string;
                /** @description How many entries a page holds at most: 1 to 1000. */
                limit?: number;
                /** @description Where to go on: `next` of the page before, unchanged. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    /** @description The next page, where there is one */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SimulationPage"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`); The cursor is not one of this list (`invalid-cursor`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createSimulation: {
        parameters: {
            query?: {
                /** @description All: everything is checked and nothing is stored. */
                dryRun?: "All";
            };
            header?: {
                /** @description Any text of your own, at most 255 characters: one key, one simulation */
                "Idempotency-Key"?: string;
                /**
                 * @description wait=SECONDS, a whole number; more than 60 is 60. Without it, or with what is no such number: the answer comes at once. respond-async: the answer comes at once
                 * @example wait=10
                 */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SimulationRequest"];
                "application/yaml": components["schemas"]["SimulationRequest"];
            };
        };
        responses: {
            /** @description Ended while the request waited; with dryRun=All: it could be accepted */
            200: {
                headers: {
                    /** @description Where it is */
                    Location?: string;
                    /** @description Where Prefer has wait or respond-async: how long the answer waited at most, as wait=SECONDS */
                    "Preference-Applied"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SimulationAccepted"] | components["schemas"]["ScenarioDryRun"];
                    "text/plain": string;
                    "text/html": string;
                };
            };
            /** @description Accepted, and not ended yet */
            202: {
                headers: {
                    /** @description Where it is */
                    Location?: string;
                    /** @description Where Prefer has wait or respond-async: how long the answer waited at most, as wait=SECONDS */
                    "Preference-Applied"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SimulationAccepted"];
                    "text/plain": string;
                };
            };
            /** @description The body cannot be read (`malformed-body`); The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The simulation ended without results (`no-results`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`body-too-large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body has a format that is not read here (`unsupported-media-type`) */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`); The scenario has errors (`invalid-scenario`); The Idempotency-Key was used for another request (`idempotency-key-reused`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`); There is no room for more of it (`quota-exceeded`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`); It took longer than is allowed (`took-too-long`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readSimulation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of a simulation
                 * @example example
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The simulation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Simulation"];
                };
            };
            /** @description The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteSimulation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of a simulation
                 * @example example
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Cancelled, or about to be */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Simulation"];
                };
            };
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    followSimulation: {
        parameters: {
            query?: never;
            header?: {
                /** @description The id of the last event that was seen; browsers send it by themselves */
                "Last-Event-ID"?: string;
            };
            path: {
                /**
                 * @description Id of a simulation
                 * @example example
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description The client has seen the last event */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`); There is no room for more of it (`quota-exceeded`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readRequests: {
        parameters: {
            query?: {
                /**
                 * @description How the request ended. Several: repeated or with commas between them.
                 * @example [
                 *       "ok",
                 *       "timeout"
                 *     ]
                 */
                outcome?: ("ok" | "dropped" | "rejected" | "refused" | "reset" | "timeout" | "unreachable" | "lb-unavailable" | "http-error")[];
                /** @description Name of the client. Several: repeated or with commas between them. */
                client?: string[];
                /** @description NAMESPACE/NAME of the service; without a namespace: default. Several: repeated or with commas between them. */
                service?: string[];
                /** @description Node of the pod that the request came to. Several: repeated or with commas between them. */
                node?: string[];
                /** @description NAMESPACE/NAME of the pod; without a namespace: default. Several: repeated or with commas between them. */
                pod?: string[];
                /** @description The address that the pod saw. Several: repeated or with commas between them. */
                sourceIp?: string[];
                /** @description Whose address the pod saw. Several: repeated or with commas between them. */
                sourceKind?: ("client" | "node" | "bridge" | "lb" | "pod")[];
                /** @description Why the request failed. Several: repeated or with commas between them. */
                cause?: ("no-endpoint" | "no-local-endpoint" | "source-range" | "rule" | "impossible-source" | "no-route" | "no-address" | "port-closed" | "pod-starting" | "pod-stopped" | "pod-gone" | "pod-killed" | "node-down" | "link-cut" | "packet-lost" | "answer-astray" | "loop" | "stale-conntrack" | "invalid-packet" | "no-source-port" | "hairpin" | "lb-no-target" | "lb-no-port" | "lb-closed" | "proxy-closed" | "proxy-header-missing" | "proxy-header-unexpected" | "overloaded" | "app-error" | "too-late" | "lb-zone-lost" | "idle-closed" | "impossible-destination" | "conntrack-race" | "backlog-full" | "sender-gone")[];
                /** @description Began at this virtual time or later. */
                fromMs?: number;
                /** @description Began before this virtual time. */
                toMs?: number;
                /**
                 * @description How many rows at most. JSON pages: 1 to 1000, 100 without it. Streams: all without it.
                 * @example 100
                 */
                limit?: number;
                /** @description Where to go on: `next` of the page before, unchanged. */
                cursor?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of a simulation
                 * @example example
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page, or all rows */
            200: {
                headers: {
                    /** @description The next page, where there is one */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestPage"];
                    "application/x-ndjson": string;
                    "text/csv": string;
                    "application/vnd.apache.arrow.stream": string;
                };
            };
            /** @description The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The simulation has no results yet (`not-finished`); The simulation ended without results (`no-results`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`); The cursor is not one of this list (`invalid-cursor`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    drawRequest: {
        parameters: {
            query?: {
                /** @description Text for a Mermaid renderer, or a picture; without it what Accept likes best, Mermaid first. */
                format?: "mermaid" | "svg";
            };
            header?: never;
            path: {
                /**
                 * @description Id of a simulation
                 * @example example
                 */
                id: string;
                /**
                 * @description Number of the request
                 * @example 0
                 */
                n: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The diagram, by `format` or `Accept` */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                    "image/svg+xml": string;
                };
            };
            /** @description The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The simulation has no results yet (`not-finished`); The simulation ended without results (`no-results`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readHealthz: {
        parameters: {
            query?: {
                /** @description NAMESPACE/NAME of the service; without a namespace: default. Several: repeated or with commas between them. */
                service?: string[];
                /** @description Name of the node. Several: repeated or with commas between them. */
                node?: string[];
                /** @description Every single probe beside the timelines, page by page. */
                probes?: "true" | "false";
                /** @description With probes: those that reached their target at this virtual time or later. */
                fromMs?: number;
                /** @description With probes: those before this virtual time. */
                toMs?: number;
                /** @description How many entries a page holds at most: 1 to 1000. */
                limit?: number;
                /** @description Where to go on: `next` of the page before, unchanged. */
                cursor?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of a simulation
                 * @example example
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The timelines */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Healthz"];
                    "text/plain": string;
                };
            };
            /** @description The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The simulation has no results yet (`not-finished`); The simulation ended without results (`no-results`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`); The cursor is not one of this list (`invalid-cursor`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readTranscript: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of a simulation
                 * @example example
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The transcript */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The simulation has no results yet (`not-finished`); The simulation ended without results (`no-results`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readReport: {
        parameters: {
            query?: never;
            header?: {
                /** @description An ETag: 304 where it is still current */
                "If-None-Match"?: string;
            };
            path: {
                /**
                 * @description Id of a simulation
                 * @example example
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report */
            200: {
                headers: {
                    /** @description Changes with the run and with the version of Hairpin */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                    "image/svg+xml": string;
                };
            };
            /** @description It is still the one that If-None-Match names */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The simulation has no results yet (`not-finished`); The simulation ended without results (`no-results`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`); It took longer than is allowed (`took-too-long`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    trace: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TraceRequest"];
                "application/yaml": components["schemas"]["TraceRequest"];
            };
        };
        responses: {
            /** @description All outcomes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Trace"];
                };
            };
            /** @description The body cannot be read (`malformed-body`); The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`body-too-large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body has a format that is not read here (`unsupported-media-type`) */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`); The scenario has errors (`invalid-scenario`); The model has no answer to this (`model-refused`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`); It took longer than is allowed (`took-too-long`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    matrix: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MatrixRequest"];
                "application/yaml": components["schemas"]["MatrixRequest"];
            };
        };
        responses: {
            /** @description A table for each port of a service */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Matrix"];
                    "text/plain": string;
                    "text/markdown": string;
                };
            };
            /** @description The body cannot be read (`malformed-body`); The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`body-too-large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body has a format that is not read here (`unsupported-media-type`) */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`); The scenario has errors (`invalid-scenario`); The model has no answer to this (`model-refused`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`); It took longer than is allowed (`took-too-long`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listComparisons: {
        parameters: {
            query?: {
                /** @description Only those that have it. */
                status?: "queued" | "running" | "succeeded" | "failed" | "cancelled";
                /** @description How many entries a page holds at most: 1 to 1000. */
                limit?: number;
                /** @description Where to go on: `next` of the page before, unchanged. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    /** @description The next page, where there is one */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ComparisonPage"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`); The cursor is not one of this list (`invalid-cursor`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    compare: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, at most 255 characters: one key, one comparison */
                "Idempotency-Key"?: string;
                /**
                 * @description wait=SECONDS, a whole number; more than 60 is 60. Without it, or with what is no such number: it waits for 30 s. respond-async: the answer comes at once
                 * @example wait=30
                 */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ComparisonRequest"];
                "application/yaml": components["schemas"]["ComparisonRequest"];
            };
        };
        responses: {
            /** @description What differs */
            200: {
                headers: {
                    /** @description Where it is */
                    Location?: string;
                    /** @description Where Prefer has wait or respond-async: how long the answer waited at most, as wait=SECONDS */
                    "Preference-Applied"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Comparison"];
                    "text/plain": string;
                    "text/markdown": string;
                };
            };
            /** @description Accepted, and not ended yet */
            202: {
                headers: {
                    /** @description Where it is */
                    Location?: string;
                    /** @description Where Prefer has wait or respond-async: how long the answer waited at most, as wait=SECONDS */
                    "Preference-Applied"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Comparison"];
                    "text/plain": string;
                    "text/markdown": string;
                };
            };
            /** @description The body cannot be read (`malformed-body`); The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The simulation ended without results (`no-results`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`body-too-large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body has a format that is not read here (`unsupported-media-type`) */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`); The scenario has errors (`invalid-scenario`); The model has no answer to this (`model-refused`); The Idempotency-Key was used for another request (`idempotency-key-reused`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`); There is no room for more of it (`quota-exceeded`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`); It took longer than is allowed (`took-too-long`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readComparison: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of a comparison
                 * @example example
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The comparison */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Comparison"];
                    "text/plain": string;
                    "text/markdown": string;
                };
            };
            /** @description The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The simulation ended without results (`no-results`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteComparison: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of a comparison
                 * @example example
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Cancelled */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Comparison"];
                };
            };
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    followComparison: {
        parameters: {
            query?: never;
            header?: {
                /** @description The id of the last event that was seen; browsers send it by themselves */
                "Last-Event-ID"?: string;
            };
            path: {
                /**
                 * @description Id of a comparison
                 * @example example
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description The client has seen the last event */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`); There is no room for more of it (`quota-exceeded`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listExperiments: {
        parameters: {
            query?: {
                /** @description Only those that have it. */
                status?: "queued" | "running" | "succeeded" | "failed" | "cancelled";
                /** @description How many entries a page holds at most: 1 to 1000. */
                limit?: number;
                /** @description Where to go on: `next` of the page before, unchanged. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    /** @description The next page, where there is one */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExperimentPage"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`); The cursor is not one of this list (`invalid-cursor`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createExperiment: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, at most 255 characters: one key, one experiment */
                "Idempotency-Key"?: string;
                /**
                 * @description wait=SECONDS, a whole number; more than 60 is 60. Without it, or with what is no such number: the answer comes at once. respond-async: the answer comes at once
                 * @example wait=10
                 */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ExperimentRequest"];
                "application/yaml": components["schemas"]["ExperimentRequest"];
            };
        };
        responses: {
            /** @description Ended while the request waited */
            200: {
                headers: {
                    /** @description Where it is */
                    Location?: string;
                    /** @description Where Prefer has wait or respond-async: how long the answer waited at most, as wait=SECONDS */
                    "Preference-Applied"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Experiment"];
                    "text/plain": string;
                    "text/csv": string;
                };
            };
            /** @description Accepted, and not ended yet */
            202: {
                headers: {
                    /** @description Where it is */
                    Location?: string;
                    /** @description Where Prefer has wait or respond-async: how long the answer waited at most, as wait=SECONDS */
                    "Preference-Applied"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Experiment"];
                    "text/plain": string;
                    "text/csv": string;
                };
            };
            /** @description The body cannot be read (`malformed-body`); The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`body-too-large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body has a format that is not read here (`unsupported-media-type`) */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`); The scenario has errors (`invalid-scenario`); The model has no answer to this (`model-refused`); The Idempotency-Key was used for another request (`idempotency-key-reused`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`); There is no room for more of it (`quota-exceeded`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`); It took longer than is allowed (`took-too-long`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readExperiment: {
        parameters: {
            query?: never;
            header?: {
                /** @description An ETag: 304 where it is still current */
                "If-None-Match"?: string;
            };
            path: {
                /**
                 * @description Id of an experiment
                 * @example example
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The experiment */
            200: {
                headers: {
                    /** @description Of one that changes no more */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Experiment"];
                    "text/plain": string;
                    "text/csv": string;
                };
            };
            /** @description It is still the one that If-None-Match names */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`); It took longer than is allowed (`took-too-long`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteExperiment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of an experiment
                 * @example example
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Cancelled */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Experiment"];
                };
            };
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`); It took longer than is allowed (`took-too-long`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    followExperiment: {
        parameters: {
            query?: never;
            header?: {
                /** @description The id of the last event that was seen; browsers send it by themselves */
                "Last-Event-ID"?: string;
            };
            path: {
                /**
                 * @description Id of an experiment
                 * @example example
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description The client has seen the last event */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`); There is no room for more of it (`quota-exceeded`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listScenarios: {
        parameters: {
            query?: {
                /** @description How many entries a page holds at most: 1 to 1000. */
                limit?: number;
                /** @description Where to go on: `next` of the page before, unchanged. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    /** @description The next page, where there is one */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScenarioPage"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`); The cursor is not one of this list (`invalid-cursor`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createScenario: {
        parameters: {
            query?: {
                /** @description All: everything is checked and nothing is stored. */
                dryRun?: "All";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/yaml": string;
                "application/json": components["schemas"]["ScenarioDocument"];
            };
        };
        responses: {
            /** @description With dryRun=All: it could be stored */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScenarioDryRun"];
                };
            };
            /** @description Stored */
            201: {
                headers: {
                    /** @description Where it is */
                    Location?: string;
                    /** @description Its revision */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScenarioStored"];
                };
            };
            /** @description The body cannot be read (`malformed-body`); The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`body-too-large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body has a format that is not read here (`unsupported-media-type`) */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`); The scenario has errors (`invalid-scenario`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`); There is no room for more of it (`quota-exceeded`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`); It took longer than is allowed (`took-too-long`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    importScenario: {
        parameters: {
            query?: {
                /** @description All: everything is checked and nothing is stored. */
                dryRun?: "All";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/yaml": string;
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description With dryRun=All: it could be stored */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScenarioDryRun"];
                };
            };
            /** @description Stored */
            201: {
                headers: {
                    /** @description Where it is */
                    Location?: string;
                    /** @description Its revision */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScenarioStored"];
                };
            };
            /** @description The body cannot be read (`malformed-body`); The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`body-too-large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body has a format that is not read here (`unsupported-media-type`) */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`); The scenario has errors (`invalid-scenario`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`); There is no room for more of it (`quota-exceeded`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`); It took longer than is allowed (`took-too-long`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readScenario: {
        parameters: {
            query?: never;
            header?: {
                /** @description An ETag: 304 where it is still current */
                "If-None-Match"?: string;
            };
            path: {
                /**
                 * @description Id of a stored scenario
                 * @example example
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The scenario */
            200: {
                headers: {
                    /** @description Its revision, for If-Match */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Scenario"];
                    "application/yaml": string;
                };
            };
            /** @description It is still the one that If-None-Match names */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replaceScenario: {
        parameters: {
            query?: {
                /** @description All: everything is checked and nothing is stored. */
                dryRun?: "All";
            };
            header: {
                /**
                 * @description The ETag that was read, or *
                 * @example *
                 */
                "If-Match": string;
            };
            path: {
                /**
                 * @description Id of a stored scenario
                 * @example scratch
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/yaml": string;
                "application/json": components["schemas"]["ScenarioDocument"];
            };
        };
        responses: {
            /** @description Replaced; with dryRun=All: it could be replaced */
            200: {
                headers: {
                    /** @description Its new revision */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScenarioStored"] | components["schemas"]["ScenarioDryRun"];
                };
            };
            /** @description The request cannot be read (`malformed-request`); The body cannot be read (`malformed-body`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed in the meantime (`precondition-failed`) */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`body-too-large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body has a format that is not read here (`unsupported-media-type`) */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`); The scenario has errors (`invalid-scenario`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description If-Match is needed (`precondition-required`) */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`); It took longer than is allowed (`took-too-long`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteScenario: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read, or * */
                "If-Match"?: string;
            };
            path: {
                /**
                 * @description Id of a stored scenario
                 * @example scratch
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed in the meantime (`precondition-failed`) */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readRules: {
        parameters: {
            query: {
                /**
                 * @description Name of a Node.
                 * @example kubernetes-node-6jst
                 */
                node: string;
                /**
                 * @description What the text looks like; default: that of the node's mode. Mode ipvs has `ipvs` (for `ipvsadm -R`), `ipset` (for `ipset restore`) and `iptables`, which loads after the sets.
                 * @example iptables
                 */
                format?: "iptables" | "nft" | "ipvs" | "ipset";
                /** @description `restore`: as it loads into a kernel. `save`: as the node itself lists it, apart from comments and counters, for a comparison by diff. */
                view?: "restore" | "save";
                /**
                 * @description Whose rules.
                 * @example IPv4
                 */
                ipFamily?: "IPv4" | "IPv6";
                /**
                 * @description Virtual time: "10s", "1m30s".
                 * @example 2m
                 */
                at?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of a stored scenario
                 * @example example
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The rules */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`); The scenario has errors (`invalid-scenario`); The model has no answer to this (`model-refused`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`); It took longer than is allowed (`took-too-long`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readScenarioSchema: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description JSON Schema 2020-12 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/schema+json": Record<string, never>;
                    "application/json": Record<string, never>;
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listPresets: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All presets */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PresetList"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readPreset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Name of the preset
                 * @example source-ip-tutorial
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScenarioDocument"];
                    "application/yaml": string;
                };
            };
            /** @description The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listKeys: {
        parameters: {
            query?: {
                /** @description Default: that of the key that asks. Another one only for a key of the tenant `default`. */
                tenant?: string;
                /** @description How many entries a page holds at most: 1 to 1000. */
                limit?: number;
                /** @description Where to go on: `next` of the page before, unchanged. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    /** @description The next page, where there is one */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyPage"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`); The cursor is not one of this list (`invalid-cursor`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KeyRequest"];
                "application/yaml": components["schemas"]["KeyRequest"];
            };
        };
        responses: {
            /** @description Made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyIssued"];
                };
            };
            /** @description The body cannot be read (`malformed-body`); The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`body-too-large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body has a format that is not read here (`unsupported-media-type`) */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`); The scenario has errors (`invalid-scenario`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`); There is no room for more of it (`quota-exceeded`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`); It took longer than is allowed (`took-too-long`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readSelf: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Self"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rotateKey: {
        parameters: {
            query?: {
                /** @description Default: that of the key that asks. Another one only for a key of the tenant `default`. */
                tenant?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of a key
                 * @example scratch
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RotateRequest"];
                "application/yaml": components["schemas"]["RotateRequest"];
            };
        };
        responses: {
            /** @description The new key */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyIssued"];
                };
            };
            /** @description The request cannot be read (`malformed-request`); The body cannot be read (`malformed-body`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`body-too-large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body has a format that is not read here (`unsupported-media-type`) */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`); The scenario has errors (`invalid-scenario`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`); It took longer than is allowed (`took-too-long`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revokeKey: {
        parameters: {
            query?: {
                /** @description Default: that of the key that asks. Another one only for a key of the tenant `default`. */
                tenant?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of a key
                 * @example scratch
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Revoked */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listWebhooks: {
        parameters: {
            query?: {
                /** @description How many entries a page holds at most: 1 to 1000. */
                limit?: number;
                /** @description Where to go on: `next` of the page before, unchanged. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    /** @description The next page, where there is one */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookPage"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`); The cursor is not one of this list (`invalid-cursor`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookRequest"];
                "application/yaml": components["schemas"]["WebhookRequest"];
            };
        };
        responses: {
            /** @description Subscribed */
            201: {
                headers: {
                    /** @description Where it is */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookWithSecret"];
                };
            };
            /** @description The body cannot be read (`malformed-body`); The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are as many as there may be (`limit-reached`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`body-too-large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body has a format that is not read here (`unsupported-media-type`) */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`); The scenario has errors (`invalid-scenario`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`); It took longer than is allowed (`took-too-long`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of a webhook
                 * @example example
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The webhook */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            /** @description The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replaceWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of a webhook
                 * @example scratch
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookReplacement"];
                "application/yaml": components["schemas"]["WebhookReplacement"];
            };
        };
        responses: {
            /** @description The webhook */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            /** @description The request cannot be read (`malformed-request`); The body cannot be read (`malformed-body`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`body-too-large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body has a format that is not read here (`unsupported-media-type`) */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`); The scenario has errors (`invalid-scenario`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`); It took longer than is allowed (`took-too-long`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of a webhook
                 * @example scratch
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of a webhook
                 * @example scratch
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookChange"];
                "application/yaml": components["schemas"]["WebhookChange"];
            };
        };
        responses: {
            /** @description The webhook */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            /** @description The request cannot be read (`malformed-request`); The body cannot be read (`malformed-body`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`body-too-large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body has a format that is not read here (`unsupported-media-type`) */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`); The scenario has errors (`invalid-scenario`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`); It took longer than is allowed (`took-too-long`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rotateSecret: {
        parameters: {
            query?: {
                /** @description For so long, at most 168h, messages are signed with the secret before too; 0s: not at all. 24h unless told. */
                overlap?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of a webhook
                 * @example scratch
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RotateSecretRequest"];
                "application/yaml": components["schemas"]["RotateSecretRequest"];
            };
        };
        responses: {
            /** @description The webhook with its new secret */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookWithSecret"];
                };
            };
            /** @description The request cannot be read (`malformed-request`); The body cannot be read (`malformed-body`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Somebody else was quicker (`conflict`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`body-too-large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body has a format that is not read here (`unsupported-media-type`) */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`); The scenario has errors (`invalid-scenario`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`); It took longer than is allowed (`took-too-long`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                /** @description Only those that have it. */
                status?: "queued" | "running" | "succeeded" | "failed";
                /** @description How many entries a page holds at most: 1 to 100. */
                limit?: number;
                /** @description Where to go on: `next` of the page before, unchanged. */
                cursor?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of a webhook
                 * @example example
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    /** @description The next page, where there is one */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookDeliveryPage"];
                };
            };
            /** @description The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`); The cursor is not one of this list (`invalid-cursor`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of a webhook
                 * @example example
                 */
                id: string;
                /**
                 * @description Id of a delivery
                 * @example example
                 */
                deliveryId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The delivery */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookDelivery"];
                };
            };
            /** @description The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    redeliver: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of a webhook
                 * @example example
                 */
                id: string;
                /**
                 * @description Id of a delivery
                 * @example example
                 */
                deliveryId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is about to be sent */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookDelivery"];
                };
            };
            /** @description The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`); There is no room for more of it (`quota-exceeded`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    testWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of a webhook
                 * @example example
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is about to be sent */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookDelivery"];
                };
            };
            /** @description The request cannot be read (`malformed-request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing here (`not-found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request has values that cannot be used (`invalid-request`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`); There is no room for more of it (`quota-exceeded`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    livez: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readyz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It can */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Prometheus text format */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description A key is needed (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Whoever asks may not do this (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted formats is there (`not-acceptable`) */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests (`too-many-requests`) */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An error of the server (`internal`) */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not at the moment (`unavailable`) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
