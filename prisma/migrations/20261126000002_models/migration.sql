-- The blob of what a finished job has learnt, an ONNX file.
ALTER TABLE "jobs" ADD COLUMN "model_sha256" TEXT;
