package dev.mmib.jmh;

import dev.mmib.backend.Device;
import dev.mmib.jmh.djl.DjlResNet;
import dev.mmib.jmh.djl.DjlResNetBlock;
import dev.mmib.jmh.limit.OneDnnResNet;
import dev.mmib.jmh.mmib.MmibResNet;
import dev.mmib.jmh.onnx.OnnxResNet;
import java.util.ArrayList;
import java.util.List;

/** ResNet-50 on pictures of 224²: its features, and what a step of training computes. */
final class ResNetWorkloads {

  private static final int USUAL = 8;

  private ResNetWorkloads() {}

  static List<Workload> all() {
    var all = new ArrayList<Workload>();
    double operations = PictureNetwork.operations();
    for (int pictures : new int[] {1, USUAL, 40}) {
      var workload =
          Workload.of("resnet-forward", Integer.toString(pictures), pictures * operations)
              .with(Workload.OURS, threads -> ours("cpu", threads, pictures, false))
              .with("djl", threads -> new DjlResNet(threads, pictures, false))
              .with("onnxruntime", threads -> OnnxResNet.contender(threads, pictures))
              .with("onednn", threads -> new OneDnnResNet(threads, pictures, false));
      if (pictures == USUAL) {
        workload =
            workload
                .with("mmib-nd4j", threads -> ours("nd4j", threads, pictures, false))
                .with("djl-resnetv1", threads -> new DjlResNetBlock(threads, pictures));
      }
      all.add(workload);
    }
    all.add(
        Workload.of(
                "resnet-training",
                Integer.toString(USUAL),
                USUAL * PictureNetwork.trainingOperations())
            .with(Workload.OURS, threads -> ours("cpu", threads, USUAL, true))
            .with("djl", threads -> new DjlResNet(threads, USUAL, true))
            .with("onednn", threads -> new OneDnnResNet(threads, USUAL, true)));
    return all;
  }

  private static Contender ours(String device, int threads, int pictures, boolean training) {
    return new MmibResNet(Device.of(device).withThreads(threads), pictures, training);
  }
}
