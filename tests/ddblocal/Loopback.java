import java.net.InetSocketAddress;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import software.amazon.dynamodb.services.local.server.LocalDynamoDBRequestHandler;
import software.amazon.dynamodb.services.local.server.LocalDynamoDBServerHandler;

/**
 * DynamoDB Local in memory, on a free port of 127.0.0.1; started by itself it listens everywhere.
 *
 * <p>Prints the port. Ends when its standard input does, so that it outlives nobody who started it,
 * however they end. Every access key and region has tables of its own. With {@code --slow}, indexes
 * stay CREATING, backfilling and DELETING for some seconds each.
 *
 * <p>Telemetry belongs to the server's own main class, which is not used here.
 */
public final class Loopback {
    private Loopback() {}

    public static void main(String[] arguments) throws Exception {
        boolean slow = arguments.length > 0 && arguments[0].equals("--slow");
        boolean inMemory = true;
        boolean shared = false;
        Server server = new Server(new InetSocketAddress("127.0.0.1", 0));
        server.setHandler(
                new LocalDynamoDBServerHandler(
                        new LocalDynamoDBRequestHandler(0, inMemory, null, shared, slow), null));
        server.start();
        System.out.println(((ServerConnector) server.getConnectors()[0]).getLocalPort());
        while (System.in.read() >= 0) {
            // Nothing is ever said; only the end matters.
        }
        Runtime.getRuntime().halt(0);
    }
}
