/** What `bulkhead help` prints, made by `npm run man`: making it needs every command. */
export const overviewText = `usage: bulkhead COMMAND

Runs HashiCorp go-plugin plugins in containers, on Docker or Podman, and says before launch whether
they can run here.

commands:
  doctor                              this host: engines, runtimes, sockets, permissions, limits,
                                      and what to fix
  check IMAGE|NAME                    say whether a plugin can run here, and if not, exactly why and
                                      what to change
  matrix [IMAGE]                      every combination of engine, mode, runtime, user and mlock:
                                      what works here and what would have to change
  run IMAGE|NAME                      start a plugin, print its handshake, stay attached; a
                                      registered one is kept running
  call IMAGE|NAME SERVICE/METHOD [JSON]
                                      make one call of a plugin and print the reply as JSON; start
                                      the plugin for it unless it runs
  plugin register TYPE NAME           register a plugin image under a type and a name, after trying
                                      whether it runs here
  plugin list [TYPE]                  the plugins that are registered
  plugin info TYPE NAME               show what is registered about a plugin
  plugin deregister TYPE NAME         remove a plugin from the catalog; what runs continues to run
  plugin reload                       replace a running plugin by what is registered now, without a
                                      failed call
  plugin pin [TYPE] [NAME] [VERSION]  let one version run wherever no version is asked for; without
                                      arguments, list the pins
  plugin runtime register NAME        register a named set of container settings, or change it; what
                                      runs continues as it was started
  plugin runtime list                 the plugin runtimes that are registered
  plugin runtime info NAME            the settings of a plugin runtime
  plugin runtime deregister NAME      remove a plugin runtime that no registered plugin refers to
  plugin kind register NAME           register a kind of plugins of your own, or change it; what
                                      runs continues as it was started
  plugin kind list                    the kinds of plugins: those that are registered here, and
                                      those that are built in
  plugin kind info NAME               how plugins of a kind are started: cookie, protocol versions,
                                      sharing, and where these are declared
  plugin kind deregister NAME         remove a kind of which no plugin is registered; what runs
                                      continues to run
  image load FILE                     give the engine the images of an archive, as docker save and
                                      image build -output write them
  image build BINARY|FOLDER           pack a static program, or a folder with a plugin for Node.js,
                                      into an image, and load it
  ps                                  the plugins that run: state, restarts, memory, CPU
  logs PLUGIN                         what a plugin that a host on the directory keeps running has
                                      written
  gc                                  remove what hosts and matrices have left that are gone:
                                      containers, probes, folders with sockets
  soak                                try plugins on these engines under faults that are drawn from
                                      a seed, and check that nothing is lost or left
  secret enable TYPE                  mount a registered secrets engine, and keep the mount in the
                                      directory
  secret disable PATH                 end a mount of a secrets engine, revoke its leases, and delete
                                      its data
  secret list                         the mounts of secrets engines that the directory keeps
  auth enable TYPE                    mount a registered auth method, and keep the mount in the
                                      directory
  auth disable PATH                   end a mount of a auth method, revoke its leases, and delete
                                      its data
  auth list                           the mounts of auth methods that the directory keeps
  read PATH [KEY=VALUE...]            read from a mounted secrets engine or auth method
  write PATH [KEY=VALUE...]           write to a mounted secrets engine or auth method, log in with
                                      one
  patch PATH [KEY=VALUE...]           change a part of what is there
  delete PATH [KEY=VALUE...]          delete what is at a path of a mount
  list PATH [KEY=VALUE...]            the names below a path of a mount; those of folders end with a
                                      slash
  serve                               keep the mounts of secret enable and auth enable running, for
                                      any number of commands and clients of Vault at once
  token create                        make a token, and show it this once
  token list                          the tokens that have not ended, without the tokens themselves
  token revoke ID                     end a token: a server that runs refuses it from then on
  vault test IMAGE                    whether a plugin does what Vault asks of it, in every cell of
                                      the matrix that this host has
  version                             the versions of Bulkhead and Node.js
  completion SHELL                    a script that completes command lines in your shell

exit codes:
  0      yes, or done
  1      no: what was asked about is not so, or the plugin, image or catalog entry does not allow it
  2      the command line was wrong; nothing was done
  3      no answer: an engine, file or setting of this machine is in the way
  128+N  ended by signal N, after cleaning up (130 is Ctrl-C)

Flags are written -name=value, -name value, or with two dashes; - and _ in names are the same.
bulkhead help COMMAND tells more of a command.`;
