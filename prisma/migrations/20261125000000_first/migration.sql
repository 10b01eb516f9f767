CREATE TABLE "datasets" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "format" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "bytes" BIGINT NOT NULL,
    "rows" INTEGER,
    "shape" JSONB,
    "columns" JSONB NOT NULL DEFAULT '[]',
    "problems" JSONB NOT NULL DEFAULT '[]',
    "table_sha256" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "touched_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deleted_at" TIMESTAMPTZ(3),
    CONSTRAINT "datasets_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "datasets_created_at_id_idx" ON "datasets" ("created_at", "id");

CREATE TABLE "jobs" (
    "id" TEXT NOT NULL,
    "name" TEXT,
    "dataset_id" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'queued',
    "outcome" TEXT,
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "spec" JSONB NOT NULL,
    "resolved" JSONB NOT NULL,
    "rule" TEXT NOT NULL,
    "parameters" INTEGER NOT NULL,
    "warnings" JSONB NOT NULL DEFAULT '[]',
    "tags" JSONB NOT NULL DEFAULT '{}',
    "cancel_requested" BOOLEAN NOT NULL DEFAULT false,
    "epochs_done" INTEGER NOT NULL DEFAULT 0,
    "error" JSONB,
    "result_hash" TEXT,
    "engine" JSONB,
    "worker_id" TEXT,
    "lease_expires_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "queued_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    CONSTRAINT "jobs_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "jobs_dataset_id_fkey" FOREIGN KEY ("dataset_id") REFERENCES "datasets" ("id") ON DELETE RESTRICT ON UPDATE NO ACTION
);
CREATE INDEX "jobs_created_at_id_idx" ON "jobs" ("created_at", "id");
CREATE INDEX "jobs_status_created_at_id_idx" ON "jobs" ("status", "created_at", "id");
CREATE INDEX "jobs_dataset_id_idx" ON "jobs" ("dataset_id");
CREATE INDEX "jobs_tags_idx" ON "jobs" USING GIN ("tags");

CREATE TABLE "epochs" (
    "job_id" TEXT NOT NULL,
    "series" TEXT NOT NULL,
    "epoch" INTEGER NOT NULL,
    "attempt" INTEGER NOT NULL,
    "value" DOUBLE PRECISION,
    "kind" TEXT,
    CONSTRAINT "epochs_pkey" PRIMARY KEY ("job_id", "series", "epoch"),
    CONSTRAINT "epochs_job_id_fkey" FOREIGN KEY ("job_id") REFERENCES "jobs" ("id") ON DELETE CASCADE ON UPDATE NO ACTION
);

CREATE TABLE "metric_summaries" (
    "job_id" TEXT NOT NULL,
    "series" TEXT NOT NULL,
    "last" DOUBLE PRECISION,
    "min" DOUBLE PRECISION,
    "min_epoch" INTEGER,
    "max" DOUBLE PRECISION,
    "max_epoch" INTEGER,
    CONSTRAINT "metric_summaries_pkey" PRIMARY KEY ("job_id", "series"),
    CONSTRAINT "metric_summaries_job_id_fkey" FOREIGN KEY ("job_id") REFERENCES "jobs" ("id") ON DELETE CASCADE ON UPDATE NO ACTION
);

CREATE TABLE "idempotency_keys" (
    "key" TEXT NOT NULL,
    "body_sha256" TEXT NOT NULL,
    "answer" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("key")
);

-- Comparisons read whole series of many jobs: with the value in the index, they never touch the table.
CREATE INDEX "epochs_value_idx" ON "epochs" ("job_id", "series", "epoch") INCLUDE ("value");
