-- Rules of the users' own. A row never changes: what a job used stays what it was.
CREATE TABLE "optimizers" (
    "name" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "hypers" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "optimizers_pkey" PRIMARY KEY ("name")
);

ALTER TABLE "jobs" ADD COLUMN "custom_rule" TEXT;
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_custom_rule_fkey" FOREIGN KEY ("custom_rule") REFERENCES "optimizers" ("name") ON DELETE RESTRICT ON UPDATE NO ACTION;
CREATE INDEX "jobs_custom_rule_idx" ON "jobs" ("custom_rule");
