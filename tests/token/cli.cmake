# The command privyseal, as its users call it.
foreach(name lang client clock acl status whence fsck doctor doctor_store help man verify revocation token put pin init enroll renew subenroll cluster trust domains refresh revoke license rehearse batch progress process terminal
  completion)
  add_script_test(token/cli_${name})
endforeach()

# All of it, one after the other.
add_script_test(token/story)
add_script_test(token/life)

# The library, installed and linked.
add_script_test(token/capi)
