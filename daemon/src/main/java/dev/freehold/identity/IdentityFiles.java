package dev.freehold.identity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freehold.bundle.Pem;
import dev.freehold.bundle.TrustRoots;
import dev.freehold.bundle.files.DurableFiles;
import dev.freehold.bundle.files.DurableFiles.Access;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.util.stream.Stream;
import org.bouncycastle.jcajce.interfaces.MLKEMPrivateKey;

/** An identity as files. They are written into a folder beside their place and moved at once. */
final class IdentityFiles {

  private static final String DEVICE_KEY = "device.key";
  private static final String DEVICE_CHAIN = "device.pem";
  private static final String ENCRYPTION_KEY = "mlkem.key";
  private static final String ROOTS = "roots.pem";
  private static final String CONTROLLER = "controller.json";

  private static final ObjectMapper JSON = new ObjectMapper();

  private IdentityFiles() {}

  static boolean exists(Path folder) {
    return Files.isRegularFile(folder.resolve(CONTROLLER));
  }

  static void write(Path folder, Identity identity) throws IOException {
    Path staged = folder.resolveSibling(folder.getFileName() + ".new");
    deleteLeftover(staged);
    DurableFiles.createPrivateFolder(staged);
    write(staged, DEVICE_KEY, Pem.encode(identity.key()));
    write(staged, DEVICE_CHAIN, Pem.encode(identity.chain()));
    write(staged, ENCRYPTION_KEY, Pem.encode(identity.encryptionKeys().getPrivate()));
    write(staged, ROOTS, identity.roots().toPem());
    write(
        staged,
        CONTROLLER,
        JSON.createObjectNode()
            .put("url", identity.controller().toString())
            .put("pin", identity.pin().toString())
            .put("serial", identity.serial())
            .put("tenant", identity.tenant())
            .toPrettyString());
    Files.move(staged, folder, StandardCopyOption.ATOMIC_MOVE);
    DurableFiles.syncFolder(folder.toAbsolutePath().getParent());
  }

  static Identity read(Path folder) throws IdentityException {
    if (!exists(folder)) {
      throw new IdentityException(
          "This box is not enrolled: there is no identity in "
              + folder
              + ". Enrol it first: freehold enrol --state DIR --controller URL --pin PIN"
              + " --serial SERIAL --token-file FILE");
    }
    try {
      JsonNode controller = JSON.readTree(DurableFiles.read(folder.resolve(CONTROLLER)));
      return new Identity(
          text(controller, "serial"),
          text(controller, "tenant"),
          Pem.privateKey(DurableFiles.readText(folder.resolve(DEVICE_KEY))),
          Pem.certificates(DurableFiles.readText(folder.resolve(DEVICE_CHAIN))),
          encryptionKeys(folder),
          TrustRoots.fromPem(DurableFiles.readText(folder.resolve(ROOTS))),
          URI.create(text(controller, "url")));
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      throw new IdentityException(
          "The identity in "
              + folder
              + " cannot be read: "
              + e.getMessage()
              + " Restore it, or move it away and enrol again with a new token.",
          e);
    }
  }

  private static KeyPair encryptionKeys(Path folder) throws IOException, GeneralSecurityException {
    PrivateKey key = Pem.privateKey(DurableFiles.readText(folder.resolve(ENCRYPTION_KEY)));
    if (key instanceof MLKEMPrivateKey kem) {
      return new KeyPair(kem.getPublicKey(), key);
    }
    throw new GeneralSecurityException("Expected an ML-KEM-768 key, found another.");
  }

  private static String text(JsonNode node, String field) throws IOException {
    if (!node.path(field).isTextual()) {
      throw new IOException("expected \"" + field + "\" in " + CONTROLLER);
    }
    return node.path(field).textValue();
  }

  private static void write(Path folder, String name, String content) throws IOException {
    DurableFiles.write(folder.resolve(name), content, Access.OWNER_ONLY);
  }

  private static void deleteLeftover(Path staged) throws IOException {
    if (!Files.isDirectory(staged)) {
      return;
    }
    try (Stream<Path> files = Files.list(staged)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(staged);
  }
}
