package dev.mmib.golden;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Operators, forward and backward, against torch. */
class OpsGoldenTest {

  @TestFactory
  Stream<DynamicTest> agreesWithTorch() {
    return Golden.orSkipped(
        () ->
            Golden.jsonFiles(Golden.require("ops")).stream()
                .map(GoldenFile::load)
                .flatMap(file -> GoldenRun.tests(file, OpsGoldenTest::operator)));
  }

  private static GoldenRun.Forward operator(GoldenCase c) {
    return switch (c.op()) {
      case "conv2d" -> SpatialOps::conv2d;
      case "max_pool2d" -> SpatialOps::maxPool2d;
      case "avg_pool2d" -> SpatialOps::averagePool2d;
      case "adaptive_avg_pool2d" -> SpatialOps::adaptiveAveragePool2d;
      case "batch_norm" -> SpatialOps::batchNorm;
      case "mha" -> AttentionOps::multiHeadAttention;
      case "mmib_attention" -> AttentionOps::mmibAttention;
      default -> DenseOps.operator(c);
    };
  }
}
