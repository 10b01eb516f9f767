-- ONNX files that users bring. What inspecting a file found out is its profile; the row never changes.
CREATE TABLE "models" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "bytes" BIGINT NOT NULL,
    "profile" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "models_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "models_created_at_id_idx" ON "models"("created_at", "id");
CREATE INDEX "models_sha256_idx" ON "models"("sha256");

ALTER TABLE "jobs" ADD COLUMN "model_id" TEXT;
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_model_id_fkey"
    FOREIGN KEY ("model_id") REFERENCES "models"("id") ON DELETE RESTRICT ON UPDATE NO ACTION;
CREATE INDEX "jobs_model_id_idx" ON "jobs"("model_id");
CREATE INDEX "jobs_model_sha256_idx" ON "jobs"("model_sha256");
