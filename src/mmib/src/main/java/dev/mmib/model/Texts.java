package dev.mmib.model;

import dev.mmib.data.TextBatch;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tensor;
import java.util.Arrays;

/**
 * A batch of texts on the device.
 *
 * @param ids I32 [batch, tokens]
 * @param types I32 [batch, tokens]
 * @param lengths I32 [batch]
 * @param mask [batch, tokens], 1 for a token and 0 for padding
 */
record Texts(Tensor ids, Tensor types, Tensor lengths, Tensor mask) {

  static Texts of(TextBatch batch) {
    var scope = Scope.current();
    var shape = Shape.of(batch.batch(), batch.tokens());
    var mask = new float[shape.size()];
    for (int b = 0; b < batch.batch(); b++) {
      int row = b * batch.tokens();
      Arrays.fill(mask, row, row + batch.lengths()[b], 1);
    }
    return new Texts(
        scope.ints(shape, batch.ids()),
        scope.ints(shape, batch.types()),
        scope.ints(Shape.of(batch.batch()), batch.lengths()),
        scope.of(shape, mask));
  }
}
