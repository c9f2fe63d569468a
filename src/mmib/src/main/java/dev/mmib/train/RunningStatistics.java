package dev.mmib.train;

import dev.mmib.model.MmibModel;
import dev.mmib.tensor.Tensor;
import java.util.List;

/**
 * What a forward pass of a picture encoder in training changes beside the gradient: the running
 * means and variances of its batch normalizations. Saved, they can be put back.
 */
record RunningStatistics(MmibModel model, List<Tensor> tensors) {

  static RunningStatistics of(MmibModel model) {
    boolean moving = !model.config().textOnly() && !model.hasConstantImageFeatures();
    return new RunningStatistics(
        model,
        model.parameters().all().entrySet().stream()
            .filter(entry -> moving && entry.getKey().contains(".running_"))
            .map(entry -> entry.getValue())
            .toList());
  }

  List<float[]> save() {
    return tensors.stream().map(this::values).toList();
  }

  private float[] values(Tensor tensor) {
    var values = new float[tensor.shape().size()];
    model.backend().download(tensor.buffer(), 0, values, 0, values.length);
    return values;
  }

  void restore(List<float[]> saved) {
    for (int i = 0; i < saved.size(); i++) {
      var values = saved.get(i);
      model.backend().upload(values, 0, tensors.get(i).buffer(), 0, values.length);
    }
  }
}
