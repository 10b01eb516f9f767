-- How often a job's worker or trainer was lost. An attempt handed back by a stopping worker is none.
ALTER TABLE "jobs" ADD COLUMN "losses" INTEGER NOT NULL DEFAULT 0;
