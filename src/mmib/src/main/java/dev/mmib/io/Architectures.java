package dev.mmib.io;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Networks that are not built here, recognized by names of their tensors. */
final class Architectures {

  /** Pieces of names, behind a point or at the start, that only one kind of network has. */
  private static final List<Map.Entry<String, String>> SIGNS =
      List.of(
          Map.entry("distilbert.", "DistilBERT"),
          Map.entry("transformer.layer.0.attention.q_lin.", "DistilBERT"),
          Map.entry("xlm_roberta.", "XLM-RoBERTa"),
          Map.entry("roberta.", "RoBERTa"),
          Map.entry("deberta.", "DeBERTa"),
          Map.entry("encoder.rel_embeddings.", "DeBERTa"),
          Map.entry("albert.", "ALBERT"),
          Map.entry("encoder.albert_layer_groups.", "ALBERT"),
          Map.entry("electra.", "ELECTRA"),
          Map.entry("embeddings_project.", "ELECTRA"),
          Map.entry("mpnet.", "MPNet"),
          Map.entry("encoder.relative_attention_bias.", "MPNet"),
          Map.entry("mobilebert.", "MobileBERT"),
          Map.entry("camembert.", "CamemBERT"),
          Map.entry("layoutlm.", "LayoutLM"),
          Map.entry("visual_bert.", "VisualBERT"),
          Map.entry("transformer.word_embedding.", "XLNet"),
          Map.entry("vision_model.embeddings.", "CLIP"),
          Map.entry("text_model.embeddings.", "CLIP"),
          Map.entry("visual.transformer.", "CLIP"),
          Map.entry("vit.", "ViT"),
          Map.entry("deit.", "DeiT"),
          Map.entry("swin.", "Swin"),
          Map.entry("convnext.", "ConvNeXt"),
          Map.entry("embeddings.patch_embeddings.", "ViT"),
          Map.entry("patch_embed.", "ViT"),
          Map.entry("wte.", "GPT-2"),
          Map.entry("h.0.attn.c_attn.", "GPT-2"),
          Map.entry("encoder.block.0.layer.0.SelfAttention.", "T5"),
          Map.entry("encoder.layers.0.self_attn.k_proj.", "BART"),
          Map.entry("layers.0.self_attn.q_proj.", "Llama"),
          Map.entry("resnet.embedder.", "ResNet"),
          Map.entry("embedder.embedder.convolution.", "ResNet"),
          Map.entry("layer1.0.conv1.", "ResNet"),
          Map.entry("bert.embeddings.", "BERT"),
          Map.entry("embeddings.word_embeddings.", "BERT"));

  /** A network, and the tensor that tells it. */
  record Recognized(String network, String tensor) {}

  private Architectures() {}

  /** The network whose sign one of the names has; empty if none has any. */
  static Optional<Recognized> of(Collection<String> names) {
    for (var sign : SIGNS) {
      for (var name : names) {
        int at = name.indexOf(sign.getKey());
        if (at == 0 || (at > 0 && name.charAt(at - 1) == '.')) {
          return Optional.of(new Recognized(sign.getValue(), name));
        }
      }
    }
    return Optional.empty();
  }
}
